# shellcheck shell=bash disable=SC2034  # the settings are read by what is sourced
# The shell that is measured: nothing of the user's but what caro reads of theirs, and a prompt that can be waited for.
PS1='ready> '
unset -v HISTFILE
CARO_KEY=ctrl-g
# What is asked here is nobody's habit, and not to be remembered as one.
CARO_LEARN=off
# shellcheck source=/dev/null
source "$BENCH_PLUGIN"
