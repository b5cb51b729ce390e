# Ctrl-C would throw the line away; exactly while a request is pending it only ends the request.

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
    _caro_end
    _caro_erase
end
