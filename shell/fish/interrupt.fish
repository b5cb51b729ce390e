# Ctrl-C would throw the line away; exactly while a request is pending it only ends the request.
#
# It is a signal too: what a key runs at that moment ends wherever it is, and the key is lost, unless a function hears
# the signal. So one hears it from before the client starts until the answer has been taken, and remembers it for
# whatever of ours runs then or next: that ends the request. It hears one signal only: the next one ends what the
# user's own keys run (a completion that does not end), as ever.

function _caro_listen
    function _caro_signal_hook --on-signal INT
        builtin functions -e _caro_signal_hook
        set -g _caro_interrupted
    end
end

function _caro_stop_listening
    builtin functions -e _caro_signal_hook
    set -e _caro_interrupted
end

# Whether there was a Ctrl-C while something else ran; then the request is over now.
function _caro_was_interrupted
    set -q _caro_interrupted; and _caro_on_interrupt
end

function _caro_catch_interrupt
    set -q _caro_interrupts; and return 0
    set -g _caro_interrupts
    for mode in $_caro_modes
        # fish prints a binding as the command that makes it.
        set -a _caro_interrupts (builtin bind --user -M $mode \cc 2>/dev/null)
        builtin bind -M $mode \cc _caro_on_interrupt
    end
end

# Give Ctrl-C back to whoever had it.
function _caro_release_interrupt
    set -q _caro_interrupts; or return 0
    for mode in $_caro_modes
        builtin bind -e -M $mode \cc
    end
    for line in $_caro_interrupts
        eval builtin $line
    end
    set -e _caro_interrupts
end

function _caro_on_interrupt
    _caro_forget
    _caro_erase
    _caro_stop_listening
    return 0
end
