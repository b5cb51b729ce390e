# shellcheck shell=bash disable=SC2016
# What the contract suite sources: a fixed prompt, caro, and C-] to tell the test what is on the line.
PS1='> '
_test_dump() {
  printf '%s\0%s\0' "$READLINE_POINT" "$READLINE_LINE" >|"$CARO_TEST_DUMP"
}
for keymap in emacs-standard vi-insert vi-command; do
  bind -m "$keymap" -x '"\C-]": _test_dump "$_"'
done
