# shellcheck shell=bash disable=SC2034,SC2154  # its variables are shared with the other parts
# What became of the answers: told with the next request, so that the daemon learns what its user wants.

# The answer on the line, as the state after it (empty: none), and what became of those before it.
_caro_offered=''
builtin declare -ga _caro_outcomes

# Remember that an answer stands on the line, unless the line it was for ($1) is one that the user keeps to himself.
_caro_watch() {
  _caro_offered=
  _caro_setting learn on
  [[ "${_caro_value,,}" == @(off|0|false|) ]] || _caro_is_private "$1" || _caro_offered="$_caro_state"
  return 0
}

# The answer that stood on the line has come to its end: the line $2 was `run`, another answer was `asked` for on it,
# or it was `left`.
_caro_conclude() {
  builtin local outcome="$1"$'\x1f'"$_caro_offered"$'\x1f'"$2"
  [[ -n "$_caro_offered" ]] || return 0
  _caro_offered=
  if ! _caro_is_private "$2" && ((${#outcome} <= 4000)); then
    _caro_outcomes+=("$outcome")
    ((${#_caro_outcomes[@]} <= 20)) || _caro_outcomes=("${_caro_outcomes[@]:1}")
  fi
  return 0
}

# At a new prompt: the line has been run, or it has not. It is known where Enter is ours; else from the history, if that
# has grown by it.
_caro_conclude_prompt() {
  [[ -n "$_caro_offered" ]] || return 0
  if ((_caro_ran == 0)); then
    _caro_conclude left ''
  elif [[ "$_caro_entered_line" == *$'\n'* ]] || { [[ -n "$_caro_entered_line" ]] && ((! _caro_goes_on)); }; then
    _caro_conclude run "$_caro_entered_line"
  elif [[ "$OSTYPE" == linux* ]] && ((_caro_ran == _caro_number + 1)); then
    _caro_read_last && _caro_conclude run "$_caro_last"
  fi
  _caro_offered=
  return 0
}

# Whether the line $1 is one that the history does not get.
_caro_is_private() {
  [[ ! -o history || ("$1" == [[:blank:]]* && ":${HISTCONTROL-}:" == *:ignore@(space|both):*) ]]
}
