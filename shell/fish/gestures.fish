# What the keys do.

# The key. In a list or a search it leaves that, as it always did.
function _caro_generate
    _caro_is_at_prompt; or return 0
    if _caro_is_elsewhere
        builtin commandline -f cancel
    else
        _caro_press
    end
    return 0
end

# Take the command that is offered, or ask for one.
function _caro_press
    _caro_take_offer; and return 0
    set -l line (_caro_line | string collect -N -a)
    # A second press on the same line changes nothing: the answer is on its way.
    test "$line" = "$_caro_line"; and _caro_client_lives; and return 0
    _caro_end
    if _caro_has_nothing_to_ask "$line"
        _caro_draw 'caro: type what you want in words, then press the key again'
        return 0
    end
    _caro_ask (_caro_line_fields | string split0)
end

# Whether there are neither words nor an answer on the line, nor a command that failed.
function _caro_has_nothing_to_ask
    string match -qr '[^\s#]' -- "$argv[1]"; and return 1
    test -n "$_caro_state"; and test "$argv[1]" = "$_caro_shown"; and return 1
    test -z "$_caro_failed"; or string match -q '*#*' -- "$argv[1]"
end

# Take the answer that is there, if the line is still the one it was asked for, or the user has seen what it is.
function _caro_take_offer
    test -n "$_caro_pid"; or return 1
    test -n "$_caro_offer_is_seen"; or test "$(_caro_line | string collect -N -a)" = "$_caro_line"; or return 1
    set -l records $_caro_offer
    if test -z "$records"; and test -s "$_caro_path"
        # The terminal has not said so; if it still does, it is believed again.
        set -g _caro_terminal silent
        set records (string split0 <$_caro_path)
    end
    test -n "$records"; and _caro_put $records
end

# Explain the line below it, until the next key. The client is in the foreground meanwhile.
function _caro_explain
    _caro_is_at_prompt; or return 0
    _caro_end
    if not string match -qr '\S' -- (_caro_line | string collect -a)
        _caro_draw 'caro: type a command, then press the key to have it explained'
        return 0
    end
    _caro_fields gesture explain (_caro_line_fields | string split0) |
        $CARO_PYTHON -I -c 'import sys, caro_shell.keypress as k; sys.exit(k.main("view"))' 2>/dev/null
    # It took its own away; this is for what an earlier press has left there.
    set -g _caro_drawn 1
    _caro_erase
    return 0
end
