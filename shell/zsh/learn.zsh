# What became of the answers: told with the next request, so that the daemon learns what its user wants.

# The answer on the line, as the state after it (empty: none), and what became of those before it.
builtin typeset -g _caro_offered=
builtin typeset -ga _caro_outcomes

# Remember that an answer stands on the line, unless the line it was for ($1) is one that the user keeps to himself.
_caro_watch() {
  builtin emulate -L zsh
  builtin local REPLY=
  _caro_offered=
  _caro_setting learn on
  [[ "${(L)REPLY}" == (off|0|false|) ]] || _caro_is_private "$1" || _caro_offered="$_caro_state"
  return 0
}

# The answer that stood on the line has come to its end: the line $2 was `run`, another answer was `asked` for on it,
# or it was `left`.
_caro_conclude() {
  builtin emulate -L zsh
  builtin local outcome="$1"$'\x1f'"$_caro_offered"$'\x1f'"${2//$'\0'/}"
  [[ -n "$_caro_offered" ]] || return 0
  _caro_offered=
  _caro_is_private "$2" || ((${#outcome} > 4000)) && return 0
  _caro_outcomes+=("$outcome")
  ((${#_caro_outcomes} > 20)) && builtin shift _caro_outcomes
  return 0
}

# Whether the line $1 is one that the history does not get.
_caro_is_private() {
  [[ "$1" == [[:blank:]]* && -o hist_ignore_space ]]
}
