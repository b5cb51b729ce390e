# What the contract suite sources: a fixed prompt, caro, and C-] to tell the test what is on the line.
function fish_prompt
    builtin printf '> '
end
function fish_mode_prompt
end
function _test_dump
    builtin commandline | read -z -l line
    set -l kept (builtin commandline | string collect)
    set -l newlines (string repeat -N -n (builtin math (string length -- "$line") - 1 - (string length -- "$kept")) \n | string collect -N)
    # fish writes this in one piece; a program in the dump's place would take a Ctrl-C that is meant for the shell.
    builtin printf '%d\0%s\0' (builtin commandline -C) "$kept$newlines" >$CARO_TEST_DUMP
end
for mode in default insert visual replace
    bind -M $mode \c] _test_dump
end
