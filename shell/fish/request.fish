# The pending request: the client is asked, works behind our back and leaves its answer in a file; then it lets the
# terminal type ESC[0n, which is bound to _caro_on_reply.
#
# While there is one: _caro_pid and _caro_path are the client and its file, _caro_line is the line it was asked for,
# _caro_word the place and the text of the word that it is about, if it is not the whole line. _caro_offer has the
# answer's records when the line had changed, _caro_offer_is_seen is 1 once the client has shown it. _caro_terminal is
# `types` or `silent` once that is known.

# Ask; $argv are the fields that tell of the line, a name and a text each.
function _caro_ask
    set -l mode detach
    test "$_caro_terminal" = silent; and set mode wait
    set -g _caro_line (_caro_line | string collect -N -a)
    _caro_listen
    # The line goes through a pipe, never into an argument list.
    set -l told (_caro_fields $argv | $CARO_PYTHON -I -c \
        'import sys, caro_shell.keypress as k; sys.exit(k.main(sys.argv[1]))' $mode 2>/dev/null)
    set -l code $status
    set -l found (string match -rg '^(\d+) (/.*)$' -- "$told")
    if test (builtin count $found) -eq 2
        set -g _caro_pid $found[1]
        set -g _caro_path $found[2]
        set -g _caro_drawn 1
        _caro_catch_interrupt
        _caro_was_interrupted; and return
        test $mode = wait; and _caro_take
        return
    end
    set -q _caro_interrupted; and set code 130
    _caro_end
    test $code -eq 130; and return
    set -l why (string match -rg '^error\t(.*)$' -- "$told"); or set why 'caro did not answer. See: caro doctor'
    _caro_draw "caro: $why"
end

# Print the fields of a press, and those in $argv.
function _caro_fields
    set -g _caro_presses (builtin math "0$_caro_presses + 1")
    set -l keep (_caro_setting keep_request off)
    # A private session leaves nothing behind.
    test -z "$fish_private_mode"; or set keep off
    builtin printf '%s\t%s\0' shell fish terminal "$_caro_tty" pid $fish_pid press $_caro_presses keep "$keep" \
        style "$(_caro_setting style fg=8)" capture "$(_caro_setting fix_output off)" $argv
    for outcome in $_caro_outcomes
        builtin printf 'outcome\t%s\0' "$outcome"
    end
    set -g _caro_outcomes
    _caro_names
end

# Print names and texts of the fields that tell of the line, each with a NUL.
function _caro_line_fields
    set -l line (_caro_line | string collect -N -a)
    set -l cursor (builtin commandline -C)
    builtin printf '%s\0' left "$(_caro_left $cursor "$line" | string collect -N)" \
        right "$(_caro_right $cursor "$line" | string collect -N)" state "$_caro_state" \
        failed "$_caro_failed" status "$_caro_status"
end

# Whether there is a client that works on an answer; it may have been killed. In a container, whoever should ask what
# became of it may never do so: then it is still there, and Z in the system's eyes.
function _caro_client_lives
    test -n "$_caro_pid"; or return 1
    if test -r /proc/self/stat
        test -r /proc/$_caro_pid/stat; and not string match -qr '\) Z' </proc/$_caro_pid/stat
    else
        command kill -0 $_caro_pid 2>/dev/null
    end
end

# Forget the pending request or the offer, if there is one. What is drawn stays: the caller knows the screen.
function _caro_end
    _caro_forget
    _caro_stop_listening
end

function _caro_forget
    if test -n "$_caro_pid"
        set -l ended no
        if test -s "$_caro_path"
            # The answer is there; an empty file tells the client that it has been taken.
            builtin printf '' >$_caro_path
            # The one that we have waited for is no more.
            test "$_caro_terminal" = silent; and set ended yes
        end
        # At once: it must not draw anything that is taken away next.
        test $ended = yes; or command kill $_caro_pid 2>/dev/null
        _caro_release_interrupt
    end
    for name in pid path line word offer offer_is_seen message entered
        set -g _caro_$name
    end
end

# The terminal has typed ESC[0n: the answer is in the file, the client has shown it, or the line has been painted and a
# sentence may follow.
function _caro_on_reply
    set -g _caro_terminal types
    if set -q _caro_entered[1]
        _caro_on_alone
    else if test -n "$_caro_message"
        _caro_draw "$_caro_message"
        set -g _caro_message
    else if test -n "$_caro_offer"
        set -g _caro_offer_is_seen 1
    end
    test -n "$_caro_pid"; and test -z "$_caro_offer"; and test -s "$_caro_path"; and _caro_take
    return 0
end

# Print the records of the answer that are whole, each with a NUL: what has none behind it is the beginning of one.
function _caro_records
    set -l found (begin
        string collect -N -a <$_caro_path
        builtin printf end
    end | string split0)
    set -q found[2]; and builtin printf '%s\0' $found[1..-2]
end

# Take the answer. A line that has changed since it was asked for is left alone: the client then shows the command.
function _caro_take
    set -l records (_caro_records | string split0)
    set -l line (_caro_line | string collect -N -a)
    if string match -q 'done'\t'*' -- $records
        and begin
            test "$line" != "$_caro_line"; or _caro_is_elsewhere
        end
        set -g _caro_offer $records
        _caro_release_interrupt
        builtin functions -e _caro_signal_hook
        _caro_was_interrupted; or builtin printf offer >$_caro_path
        return 0
    end
    _caro_put $records
end

# End the request and do what its records say.
function _caro_put
    _caro_listen
    set -l word $_caro_word
    set -l line (_caro_line | string collect -N -a)
    set -l back 0
    set -l messages
    set -l asked
    set -l state
    set -l answer
    for record in $argv
        set -l name (string match -r '^[a-z]+(?=\t)' -- "$record")
        set -l text (string sub -s (builtin math (string length -- "$name") + 2) -- "$record" | string collect)
        switch "$name"
            case note error
                set -a messages "caro: $text"
            case history
                set asked "$text"
            case state
                set state "$text"
            case cursor
                string match -qr '^\d{1,9}$' -- "$text"; and set back "$text"
            case done
                string match -qr '\S' -- "$text"; and set answer "$text"
        end
    end
    _caro_was_interrupted; and return
    _caro_forget
    builtin printf '\e[J'
    set -g _caro_drawn
    set -q asked[1]; and _caro_keep "$asked"
    # A conversation is about a whole line.
    set -q state[1]; and not set -q word[1]; and set -g _caro_state "$state"
    if test -n "$answer"; and set -q word[1]
        _caro_splice $word "$answer"
    else if test -n "$answer"
        _caro_conclude asked "$line"
        _caro_watch "$line"
        _caro_replace "$answer" "$back"
        set -g _caro_shown "$answer"
    end
    builtin commandline -f repaint
    if set -q _caro_interrupted
        # It came too late to stop this, but it was meant for the request: the words come back.
        test "$line" = "$(_caro_line | string collect -N -a)"; or builtin commandline -f undo
    else
        test -z "$messages"; or _caro_draw_when_painted "$messages"
    end
    _caro_stop_listening
    return 0
end

# Put the command $argv[3] in the place of the word $argv[2], which stood at $argv[1]; the rest of the line stays.
function _caro_splice
    set -l line (_caro_line | string collect -N -a)
    set -l left (_caro_left $argv[1] "$line" | string collect -N -a)
    set -l right (_caro_right (string length -- "$left$argv[2]") "$line" | string collect -N -a)
    if test "$line" = "$left$argv[2]$right"
        set -l behind (builtin math (string length -- "$line") - (builtin commandline -C))
        set -l most (string length -- "$right")
        _caro_replace "$left$argv[3]$right" (builtin math "min($behind, $most)")
    else
        _caro_replace "$argv[3]"
    end
end

# Keep what was asked in the history, where fish can do that (4.0) and the session is not a private one.
function _caro_keep
    test -z "$fish_private_mode"; and string match -qr '^([4-9]|\d\d)' -- $version
    and builtin history append -- "$argv[1]"
end
