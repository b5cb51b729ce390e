# The completions of `caro` for fish, 3.6 or newer. Made by `python -m manual` from manual/templates/caro.fish and the
# parsers of caro_shell/cli; edit those. fish reads this file at the first Tab behind `caro`.

set -g __caro_verbs @verbs@
set -g __caro_valued @valued@
set -g __caro_models @models@
set -g __caro_keys @keys@

# Find in __caro_chain the verbs that the line begins with, and in __caro_number how many words stand behind them.
function __caro_look
    set -l words (commandline -opc)
    set -e words[1]
    set -g __caro_chain ''
    set -g __caro_number 0
    set -l is_value
    for word in $words
        if test -n "$is_value"
            set is_value
            continue
        end
        if builtin contains -- $word $__caro_valued
            set is_value 1
            continue
        end
        string match -q -- '-*' $word; and continue
        set -l longer (string trim -- "$__caro_chain $word")
        if test $__caro_number -eq 0; and builtin contains -- "$longer" $__caro_verbs
            set __caro_chain $longer
        else
            set __caro_number (builtin math $__caro_number + 1)
        end
    end
end

# Whether the verbs of the line are $argv[1].
function __caro_is
    __caro_look
    test "$__caro_chain" = "$argv[1]"
end

# Whether the verbs are $argv[1], and $argv[2] words stand behind them; with a third word, or more.
function __caro_at
    __caro_is $argv[1]; or return 1
    test $__caro_number -eq $argv[2]; or begin
        set -q argv[3]; and test $__caro_number -gt $argv[2]
    end
end

# Print what `caro abbr` keeps, a name a line.
function __caro_abbreviations
    set -l base "$XDG_CONFIG_HOME"
    test -n "$base"; or set base ~/.config
    set -l file $base/caro/abbreviations
    test -z "$CARO_CONFIG"; or set file (string replace -r '[^/]*$' '' -- $CARO_CONFIG)abbreviations
    test -r $file; or return 0
    while read -l line
        string match -r '^[^#\t][^\t]*(?=\t)' -- $line
    end <$file
    return 0
end

complete -c caro -f
@commands@
