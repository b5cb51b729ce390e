# What the contract suite sources: a fixed prompt, caro, and C-x d to tell the test what is on the line.
PS1='> '
unsetopt prompt_sp
_test_dump() {
  print -rn -- "$CURSOR"$'\0'"$BUFFER"$'\0' >|"$CARO_TEST_DUMP.new"
  command mv -f -- "$CARO_TEST_DUMP.new" "$CARO_TEST_DUMP"
}
zle -N _test_dump
bindkey -M emacs '^Xd' _test_dump
bindkey -M viins '^Xd' _test_dump
bindkey -M vicmd '^Xd' _test_dump
