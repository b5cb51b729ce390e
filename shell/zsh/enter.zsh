# `# request` and Enter is the key; every other Enter goes where it went before.
#
# The widget is named after the one it stands before, _caro-enter:accept-line, and calls that by its name: whoever has
# made it his own (zsh-autosuggestions, zsh-syntax-highlighting, …) is called too. The first letter keeps
# zsh-autosuggestions from wrapping ours.

# Whether this line has been on the screen before Enter: a line that never was is pasted or typed ahead.
builtin typeset -gi _caro_shown=0

# No emulate here: what is called belongs to the user, and finds the user's own options.
_caro_enter() {
  if _caro_is_request; then
    builtin zle caro-generate -w
  else
    builtin zle "${WIDGET#_caro-enter:}" -w -- "$@"
  fi
}

# Whether the buffer is one line of the form `# words`, at the primary prompt, typed by hand.
_caro_is_request() {
  builtin emulate -L zsh
  builtin local REPLY=
  [[ "$BUFFER" == \#[[:blank:]]*[^[:space:]]* && "$BUFFER" != *$'\n'* ]] || return 1
  [[ "$CONTEXT" == start && -z "$PREBUFFER" ]] || return 1
  # One that has been asked for is one, however fast the next Enter comes.
  [[ -n "$_caro_fd" && "$BUFFER" == "$_caro_line" ]] ||
    ((_caro_shown && ! PENDING && ! KEYS_QUEUED_COUNT)) || return 1
  _caro_setting comment on
  [[ "${(L)REPLY}" != (off|0|false|) ]]
}

# Put ours before what Enter does in each keymap; a key that types text (bindkey -s) is left alone.
_caro_bind_enter() {
  builtin emulate -L zsh
  builtin local REPLY= keymap= key= at= widget=
  _caro_setting comment on
  [[ "${(L)REPLY}" == (off|0|false|) ]] && return 0
  for keymap in emacs viins vicmd; do
    for key in '^M' '^J'; do
      at="$keymap $key"
      widget="${_caro_bindings[$at]%$'\n'}"
      [[ -n "$widget" && "$widget" != (\"*|_caro-enter:*|undefined-key) ]] || continue
      builtin zle -N "_caro-enter:$widget" _caro_enter
      builtin bindkey -M "$keymap" "$key" "_caro-enter:$widget"
    done
  done
  return 0
}
