# What `caro abbr` keeps, as abbreviations of fish's: a line each, the name, a tab and the command.

# Follow the file; nothing happens while it stays as it is. A name that is taken stays the user's.
function _caro_read_abbreviations
    set -l file (_caro_find abbreviations)
    set -l content
    test -f "$file"; and test -r "$file"; and read -z content <$file
    test "$content" = "$_caro_abbreviations"; and return 0
    set -g _caro_abbreviations "$content"
    for name in $_caro_abbreviated
        builtin abbr --erase -- $name
    end
    set -g _caro_abbreviated
    for line in (string split \n -- "$content")
        set -l found (string match -rg '^([^#\s]\S*)\t(.+?)\r?$' -- $line); or continue
        _caro_is_the_users $found[1]; and continue
        # A newline is written `\n` there, a backslash `\\`; before anything else a backslash means nothing.
        set -l text (string replace -ar '\\\\(?![\\\\n])|(\\\\.)' '$1' -- $found[2])
        builtin abbr --add -- $found[1] (builtin printf %b $text | string collect)
        set -a _caro_abbreviated $found[1]
    end
end

# Whether the user has an abbreviation or an alias of that name.
function _caro_is_the_users
    builtin abbr --query -- $argv[1]; and return 0
    builtin functions -q -- $argv[1]; or return 1
    set -l details (builtin functions --details --verbose -- $argv[1])
    string match -q 'alias *' -- $details[5]
end
