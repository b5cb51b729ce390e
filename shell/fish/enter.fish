# Enter asks on a line that is `# request`, or behind a word that is one for us. Every other Enter does what it did.

function _caro_enter
    set -l before $status
    if _caro_is_at_prompt; and not _caro_is_elsewhere
        _caro_enter_asks; and return 0
        _caro_end
        _caro_erase
    end
    _caro_pass_on $argv[1] $before
end

# Ask if this Enter is meant for us; false otherwise.
function _caro_enter_asks
    set -l line (_caro_line | string collect -N -a)
    if set -q _caro_entered[1]
        _caro_enter_again "$line"
        return
    end
    # A command that is kept from running stands behind a `# ` too.
    if string match -qr '^#[ \t]+[^\s#][^\n]*$' -- "$line"; and test "$line" != "$_caro_shown"; and _caro_is_on comment
        _caro_ask_if_alone "$line" _caro_press
        return
    end
    set -l cursor (builtin commandline -C)
    if test $cursor -eq (string length -- "$line"); and string match -qr "^(?:$_caro_text)\$" -- "$line"
        builtin abbr --query caro-text; and _caro_ask_if_alone "$line" _caro_expand "$line"
        return
    end
    set -l word (builtin commandline -t | string collect)
    _caro_is_request $word; and builtin abbr --query caro-words; or return 1
    set -l part (builtin commandline -ct | string collect)
    _caro_ask_if_alone "$line" _caro_expand $word (builtin math $cursor - (string length -- "$part"))
end

# Ask for the line $argv[1] by the command that follows, unless this Enter was pasted or typed ahead. fish cannot see
# whether more input waits. So the terminal is asked something: what has been typed by then comes before its answer.
function _caro_ask_if_alone
    test -n "$_caro_pid"; and test "$argv[1]" = "$_caro_line"; and return 0
    if test "$_caro_terminal" = silent
        $argv[2..-1]
        return 0
    end
    set -g _caro_entered $argv
    builtin commandline -C (string length -- "$argv[1]")
    builtin printf '\e[5n'
end

# The terminal has answered.
function _caro_on_alone
    set -l entered $_caro_entered
    set -g _caro_entered
    set -l line (_caro_line | string collect -N -a)
    if test "$line" = "$entered[1]"
        $entered[2..-1]
    else
        _caro_part_lines "$entered[1]" "$line"
    end
end

# Another Enter, and the terminal has not answered: either both were pasted, or it never does. False: this one runs
# what is there.
function _caro_enter_again
    set -l entered $_caro_entered
    set -g _caro_entered
    if test "$argv[1]" = "$entered[1]"; and test "$_caro_terminal" != types
        set -g _caro_terminal silent
        $entered[2..-1]
        return 0
    end
    _caro_part_lines "$entered[1]" "$argv[1]"
    return 1
end

# The line $argv[1] was to be entered, and it has become $argv[2] since: put Enter where it was pressed.
function _caro_part_lines
    set -l length (string length -- "$argv[1]")
    set -l rest (_caro_right $length "$argv[2]" | string collect -N -a)
    test -n "$rest"; and test "$argv[2]" = "$argv[1]$rest"; and _caro_replace $argv[1]\n"$rest"
end

# Do what the key $argv[1] was bound to before us: by the user, else by fish. $status is again as the user left it.
function _caro_pass_on -a key before
    set -l saved _caro_before_$fish_bind_mode
    set -l line $$saved
    test -n "$line"; or set line (builtin bind --preset -M $fish_bind_mode $key 2>/dev/null)
    test -n "$line"; or return 0
    eval set -l words $line[1]
    set -e words[1]
    while string match -q -- '-*' "$words[1]"
        switch $words[1]
            case -m --sets-mode
                set -g fish_bind_mode $words[2]
                set -e words[1]
            case -M --mode
                set -e words[1]
        end
        set -e words[1]
    end
    set -l of_fish (builtin bind --function-names)
    for word in $words[2..-1]
        if builtin contains -- $word $of_fish
            builtin commandline -f $word
        else
            _caro_with_status $before
            eval $word
        end
    end
end
