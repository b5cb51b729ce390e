# shellcheck shell=bash disable=SC2034,SC2154  # its variables are shared with the other parts
# What the key means. The rest is decided by the client: docs/shells.md.

# The last command, when it failed and the history is known to have it.
_caro_failed=''
_caro_last='' _caro_last_number=''

_caro_on_key() {
  builtin local status="$?"
  # `read -e` of a command has the same keys, and what is typed there is none of our business.
  ((! _caro_ran)) || return 0
  builtin local - IFS=$' \t\n'
  builtin set +euxvETf +o pipefail
  # Whoever calls our hook, or comes before it, may have lost the status by then (starship, old bash-preexec); here it is
  # the user's own. After Ctrl-C it is not the command's any more.
  [[ -z "$_caro_status" || "$status" == 130 ]] || _caro_status="$status"
  _caro_press
  return 0
}

# The key, or Enter on a comment.
_caro_press() {
  builtin local command="$_caro_offer"
  if [[ -n "$_caro_offer_is_seen" ]]; then
    _caro_end
    _caro_clear
    _caro_replace "$command" "$_caro_offer_cursor"
  elif [[ "$READLINE_LINE" == "$_caro_line" && -n "$_caro_path" && -s "$_caro_path" ]]; then
    # The answer is there, but the terminal has not said so.
    _caro_waits=1
    _caro_receive
  elif [[ "$READLINE_LINE" == "$_caro_line" ]] && _caro_client_lives; then
    # The answer is on its way: another press changes nothing.
    return 0
  elif _caro_is_blank && ! _caro_read_failed && [[ -z "$_caro_state" || "$READLINE_LINE" != "$_caro_shown" ]]; then
    _caro_end
    _caro_show 'caro: type what you want in words, then press the key again'
  else
    _caro_ask
  fi
  return 0
}

_caro_is_blank() {
  _caro_failed=
  [[ -z "${READLINE_LINE//[[:space:]#]/}" ]]
}

# Keep the last command in _caro_failed when it failed. One that the user keeps out of the history is told to nobody.
_caro_read_failed() {
  ((_caro_status != 0 && _caro_status != 130 && _caro_number > 0)) && _caro_read_last || return 1
  ((_caro_last_number == _caro_number - 1)) || return 1
  [[ -n "$_caro_is_kept" || "$_caro_last" == "$_caro_ran_line" ]] || return 1
  _caro_failed="$_caro_last"
}

# Find in _caro_last the last command of the history, and in _caro_last_number where it stands there.
_caro_read_last() {
  builtin local HISTTIMEFORMAT=''
  _caro_capture builtin history 1
  _caro_last="${_caro_captured#"${_caro_captured%%[![:blank:]]*}"}"
  _caro_last_number="${_caro_last%%[!0-9]*}"
  # A number, a mark where the entry was changed, and the command.
  _caro_last="${_caro_last#*[ \*] }"
  _caro_last="${_caro_last%$'\n'}"
  [[ -n "$_caro_last_number" ]]
}

# The other key: what the command on the line does, shown below it until the next key.
_caro_on_explain() {
  ((! _caro_ran)) || return 0
  builtin local - IFS=$' \t\n'
  builtin set +euxvETf +o pipefail
  _caro_end
  _caro_clear
  # The client writes prompt and line where they were, and takes only what is below them away again.
  _caro_run view explain
  return 0
}
