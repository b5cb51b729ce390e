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

# Ask if this Enter is meant for us. False otherwise, also when more input waits: then it was pasted or typed ahead.
function _caro_enter_asks
    set -l line (_caro_line | string collect -N -a)
    # A command that is kept from running stands behind a `# ` too.
    if string match -qr '^#[ \t]+[^\s#][^\n]*$' -- "$line"; and test "$line" != "$_caro_shown"; and _caro_is_on comment
        _caro_press alone 1
        return
    end
    set -l cursor (builtin commandline -C)
    if test $cursor -eq (string length -- "$line"); and string match -qr "^(?:$_caro_text)\$" -- "$line"
        builtin abbr --query caro-text; and _caro_expand "$line" '' alone 1
        return
    end
    set -l word (builtin commandline -t | string collect)
    _caro_is_request $word; and builtin abbr --query caro-words; or return 1
    set -l part (builtin commandline -ct | string collect)
    _caro_expand $word (builtin math $cursor - (string length -- "$part")) alone 1
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
