# `,list-big-files` and a blank, or a text that ends in ` ,,` and a blank, become a command.
#
# They are abbreviations of fish's whose function only asks, and fails, so that fish expands nothing: the answer takes
# the word's place when it is ready, and the prompt goes on meanwhile.

# Behind the abbreviation `caro-words`; $argv[1] is the word.
function _caro_expand_word
    set -l cursor (builtin commandline -C)
    set -l at (builtin math $cursor - 1 - (string length -- $argv[1]))
    test $at -ge 0; or return 1
    set -l line (_caro_line | string collect -N -a)
    string match -q -- "*$argv[1] " "$(_caro_left $cursor "$line" | string collect -N)"
    and _caro_is_request $argv[1]; and _caro_expand $argv[1] $at
    return 1
end

# Behind the abbreviation `caro-text`. fish hands over a word: with an open apostrophe that is the rest of the line.
function _caro_expand_text
    set -l line (_caro_line | string collect -N -a)
    test (builtin commandline -C) -eq (string length -- "$line"); and string match -qr "^(?:$_caro_text) \$" -- "$line"
    and _caro_expand (string trim -r -- "$line" | string collect)
    return 1
end

# Whether a word is a request to us: nothing of the user's has that name.
function _caro_is_request
    string match -qr "^(?:$_caro_words)\$" -- "$argv[1]"; or return 1
    if builtin abbr --query -- $argv[1]; or builtin functions -q -- $argv[1]
        or command -q -- $argv[1]; or test -e $argv[1]
        return 1
    end
    for line in (builtin abbr --show | string match -- '* --regex *')
        eval set -l words $line
        string match -q 'caro-*' -- $words[-1]; and continue
        set -l at (builtin contains -i -- --regex $words)
        set -l pattern $words[(builtin math $at + 1)]
        string match -qr "^(?:$pattern)\$" -- $argv[1]; and return 1
    end
    return 0
end

# Ask for the words of $argv[1], which stands at $argv[2] of the line, or is the whole line when there is no place.
function _caro_expand
    _caro_is_at_prompt; or return 0
    set -l line (_caro_line | string collect -N -a)
    test -n "$_caro_pid"; and test "$line" = "$_caro_line"; and return 0
    _caro_end
    set -l words (string replace -r '\s+,,$' '' -- "$argv[1]" | string collect)
    test -z "$argv[2]"; or set words (string trim -l -c , -- "$argv[1]" | string replace -ar -- '-+' ' ')
    # Alone on its line, a word is the line: then the command is all there is, and another may follow.
    test "$argv[1]" = "$(string trim -- "$line" | string collect)"; or set -g _caro_word $argv[2] $argv[1]
    _caro_ask left "$words"
end
