# The two keys. What a press means (a request, the next alternative, a refinement, a fix) is decided in Python.

_caro_generate() {
  builtin emulate -L zsh
  # What is typed into vared, or in the rows after the first, is none of our business.
  if [[ "$CONTEXT" != start ]]; then
    builtin zle send-break
    return 0
  fi
  if [[ -n "$_caro_suggestion" ]]; then
    builtin local command="$_caro_suggestion"
    _caro_draw ''
    _caro_replace "$command"
    return 0
  fi
  # A second press on the same line changes nothing: the answer is on its way.
  [[ -n "$_caro_fd" && "$BUFFER" == "$_caro_line" ]] && return 0
  builtin zle -M ''
  if _caro_is_blank && [[ -z "$_caro_failed" ]]; then
    builtin zle -M 'caro: type what you want in words, then press the key again'
    return 0
  fi
  if _caro_ask; then
    _caro_draw '  …'
  else
    _caro_draw ''
    builtin zle -M 'caro: could not start; see: caro doctor'
  fi
  return 0
}

# Show what the line means below it, until the next key, which stays unread; line, cursor and undo are untouched.
_caro_explain() {
  builtin emulate -L zsh
  [[ "$CONTEXT" == start ]] || return 0
  builtin local behind=
  builtin local -a fields
  builtin local -i cursor=$CURSOR
  # The signal is for the client; ignored here, and whatever the user has set comes back with the function's end.
  builtin trap '' INT
  _caro_cancel
  builtin zle -M ''
  _caro_fields explain
  # With the cursor at the end and nothing behind it, the free rows begin right below.
  behind="$POSTDISPLAY"
  POSTDISPLAY= CURSOR=${#BUFFER}
  builtin zle -R
  _caro_tell "${(@)fields}" left "$BUFFER" right '' |
    "$CARO_PYTHON" -I -c 'import sys, caro_shell.keypress as k; sys.exit(k.main("view"))' >/dev/null 2>&1
  _caro_outcomes=()
  POSTDISPLAY="$behind" CURSOR=$cursor
  return 0
}
