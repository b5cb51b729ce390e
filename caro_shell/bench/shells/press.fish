# The shell that is measured: nothing of the user's but what caro reads of theirs, and a prompt that can be waited for.
set -g fish_greeting
# Drawn when it is ready, behind whatever is measured.
set -g fish_autosuggestion_enabled 0
function fish_prompt
    builtin printf 'ready> '
end
function fish_mode_prompt
end
set -g CARO_KEY ctrl-g
# What is asked here is nobody's habit, and not to be remembered as one.
set -g CARO_LEARN off
source $BENCH_PLUGIN
