# What became of the answers: told with the next request, so that the daemon learns what its user wants.
#
# _caro_offered is the answer on the line, as the state after it; empty when there is none. _caro_outcomes are those
# before it.

# Remember that an answer stands on the line, unless the line it was for ($argv[1]) is one that the user keeps to himself.
function _caro_watch
    set -g _caro_offered
    _caro_is_on learn; and not _caro_is_private "$argv[1]"; and set -g _caro_offered "$_caro_state"
end

# The answer that stood on the line has come to its end: the line $argv[2] was `run`, another answer was `asked` for on
# it, or it was `left`.
function _caro_conclude
    set -l outcome $argv[1]\x1f"$_caro_offered"\x1f"$argv[2]"
    test -n "$_caro_offered"; or return 0
    set -g _caro_offered
    _caro_is_private "$argv[2]"; or test (string length -- "$outcome") -gt 4000; and return 0
    set -g _caro_outcomes $_caro_outcomes $outcome
    set -q _caro_outcomes[21]; and set -e _caro_outcomes[1]
    return 0
end

# Whether the line $argv[1] is one that the history does not get.
function _caro_is_private
    test -n "$fish_private_mode"; or string match -q ' *' -- "$argv[1]"
end
