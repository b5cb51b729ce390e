# The shell that is measured: nothing of the user's but what caro reads of theirs, and a prompt that can be waited for.
PS1='ready> '
HISTFILE=
# Where EDITOR is vi, zsh would take its keys.
bindkey -e
CARO_KEY=ctrl-g
# What is asked here is nobody's habit, and not to be remembered as one.
CARO_LEARN=off
source "$BENCH_PLUGIN"
