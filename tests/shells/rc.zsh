# What the contract suite sources: a fixed prompt, caro, and C-] to tell the test what is on the line.
PS1='> '
unsetopt prompt_sp
# A program in the dump's place would still be ending, and take a Ctrl-C that is meant for the shell.
zmodload -F zsh/files b:zf_mv
_test_dump() {
  print -rn -- "$CURSOR"$'\0'"$BUFFER"$'\0' >|"$CARO_TEST_DUMP.new"
  zf_mv -f -- "$CARO_TEST_DUMP.new" "$CARO_TEST_DUMP"
}
zle -N _test_dump
bindkey -M emacs '^]' _test_dump
bindkey -M viins '^]' _test_dump
bindkey -M vicmd '^]' _test_dump
