# shellcheck shell=bash disable=SC2016,SC2034,SC2154  # its variables are shared with the other parts
# Ctrl-C. bash drops the line at the signal, whatever a trap says.

# Whether the terminal passes Ctrl-C on as a key; the client has made it one, and readline's Enter ends that too.
_caro_catches=

# Run "$@" with the signal ignored. Not where the user has a trap for it: when that is set again in a function that a
# key runs, bash no longer drops the line at Ctrl-C.
_caro_without_interrupt() {
  builtin local -i status=0
  _caro_capture builtin trap -p INT
  if [[ -n "$_caro_captured" ]]; then
    "$@"
    return
  fi
  builtin trap '' INT
  "$@" || status=$?
  builtin trap - INT
  return "$status"
}

# The client has made a key of Ctrl-C. Bound only now: where the terminal's interrupt is another character, it may be a
# key of the user's.
_caro_catch_interrupt() {
  builtin local keymap=''
  _caro_catches=1
  for keymap in "${_caro_bound_keymaps[@]}"; do
    builtin bind -m "$keymap" -x '"\C-c": { _caro_on_interrupt "$_"; } 2>/dev/null'
  done
  return 0
}

# Give Ctrl-C back to the terminal. In a substitution, which is no job: after a job bash would take the line editor's
# terminal modes for the user's.
_caro_release_interrupt() {
  [[ -n "$_caro_catches" ]] || return 0
  _caro_catches=
  builtin : "$(\builtin command -p stty intr '^C' 2>/dev/null </dev/tty)"
  return 0
}

# The key, while it is one: end the request, not the line.
_caro_on_interrupt() {
  builtin local - IFS=$' \t\n'
  builtin set +euxvETf +o pipefail
  _caro_end
  _caro_clear
  return 0
}

# Keep in _caro_captured what a builtin prints. No process is started where /dev/fd can be written to: the here-string
# is a file without a name then, which bash 5.1 and newer make only when told to.
_caro_capture() {
  builtin local fd=''
  ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)) || builtin local BASH_COMPAT=5.0
  _caro_captured=
  if [[ "$OSTYPE" == linux* ]] && builtin exec {fd}<<<'' && "$@" >|"/dev/fd/$fd"; then
    IFS= builtin read -r -d '' -u "$fd" _caro_captured
  else
    _caro_captured="$("$@")"
  fi 2>/dev/null
  # bash 5.1 makes a pipe whatever it is told: then the here-string's own newline comes first.
  _caro_captured="${_caro_captured#$'\n'}"
  [[ -z "$fd" ]] || builtin exec {fd}<&-
  return 0
}
