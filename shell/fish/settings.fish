# What the user has chosen: the variable CARO_NAME, else `name` in the config file, else our default.

# Print the setting $argv[1]; its default is $argv[2].
function _caro_setting
    set -l variable CARO_(string upper $argv[1])
    set -l from_file _caro_file_$argv[1]
    if set -q $variable
        builtin printf %s "$$variable"
    else if set -q $from_file
        builtin printf %s "$$from_file"
    else
        builtin printf %s "$argv[2]"
    end
end

# Whether the setting $argv[1], on by default, is on.
function _caro_is_on
    not builtin contains -- (_caro_setting $argv[1] on | string lower | string collect -a) off 0 false ''
end

# What a relative CARO_CONFIG is relative to: a directory one walks into later must have no say.
set -g _caro_began_in "$PWD"

# Print the path of a file of ours where the user's configuration is, whether or not it is there.
function _caro_find
    if test -n "$CARO_CONFIG"
        set -l chosen "$CARO_CONFIG"
        string match -q '/*' -- "$chosen"; or set chosen "$_caro_began_in/$chosen"
        test $argv[1] = config.toml; or set chosen (builtin path dirname -- "$chosen")/$argv[1]
        builtin printf %s "$chosen"
        return 0
    end
    set -l base "$XDG_CONFIG_HOME"
    string match -q '/*' -- "$base"; or set base "$HOME/.config"
    set -l of_macos "$HOME/Library/Application Support/caro/$argv[1]"
    if test -e "$of_macos"; and not test -e "$base/caro/$argv[1]"
        builtin printf %s "$of_macos"
    else
        builtin printf %s "$base/caro/$argv[1]"
    end
end

# Read our settings from the config file: `name = "value"` before the first table. The rest is Python's business.
function _caro_read_settings
    set -l names key explain_key comment style keep_request fix_output learn
    for name in $names
        set -e _caro_file_$name
    end
    set -l file (_caro_find config.toml)
    test -f "$file"; and test -r "$file"; or return 0
    set -l begins '^\s*('(string join '|' $names)')\s*=\s*'
    set -l ends '\s*(?:#.*)?$'
    while read -l line
        string match -qr '^\s*\[' -- $line; and break
        # Of the escapes of "…" only those for a character itself, \" and \\; '…' has none.
        if set -l found (string match -rg -- "$begins"'"((?:[^"\\\\]|\\\\.)*)"'"$ends" $line)
            set -g _caro_file_$found[1] (string replace -ar '\\\\(["\\\\])' '$1' -- "$found[2]")
        else if set -l found (string match -rg -- "$begins"'\'([^\']*)\''"$ends" $line)
            set -g _caro_file_$found[1] "$found[2]"
        end
    end <$file
end
