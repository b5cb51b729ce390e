# shellcheck shell=bash disable=SC2034,SC2119,SC2120,SC2154  # its variables are shared with the other parts
# The pending request: asked, answered, or ended.

# Its client, the file of its answer, and the line it was asked for.
_caro_pid="${_caro_pid-}" _caro_path="${_caro_path-}" _caro_line="${_caro_line-}"
# The command that is offered because the line had changed, how far before its end the cursor goes, and whether the
# offer is on the screen: a key that was pressed before was not for it.
_caro_offer='' _caro_offer_cursor=0 _caro_offer_is_seen=''
# What the next press tells of this prompt's answers, and the line as the last one left it.
_caro_state='' _caro_shown=''
# Whether the terminal does not type what is asked of it: then the shell waits for its answers.
_caro_waits=''
_caro_presses="${_caro_presses:-0}"
_caro_silence='caro: caro did not answer. See: caro doctor'

# Ask for the line; whatever is pending already ends first.
_caro_ask() {
  builtin local -i status=0
  _caro_end
  _caro_show '  …'
  _caro_line="$READLINE_LINE"
  if [[ -n "$_caro_waits" ]]; then
    _caro_ask_and_wait
    return 0
  fi
  _caro_run detach write || status=$?
  if ((status == 0)) && _caro_is_answered; then
    _caro_pid="${_caro_answer%% *}" _caro_path="${_caro_answer#* }"
    # The second line is the character that the terminal no longer makes a signal of.
    [[ "$_caro_path" != *$'\n'3 ]] || _caro_catch_interrupt
    _caro_path="${_caro_path%%$'\n'*}"
    return 0
  fi
  _caro_line=
  # 130: a Ctrl-C while the client started.
  if ((status == 130)); then
    _caro_clear
  else
    _caro_show_failure
  fi
  return 0
}

# Whether the client has told its process and its file: the one is ended, the other emptied.
_caro_is_answered() {
  [[ "$_caro_answer" == [1-9]*\ /*/answer.* && "${_caro_answer%% *}" != *[!0-9]* ]]
}

# Say why there is no answer: the client's own words (behind a tab), if it has come to any.
_caro_show_failure() {
  if [[ "$_caro_answer" == error$'\t'* ]]; then
    _caro_show "caro: ${_caro_answer#*$'\t'}"
  else
    _caro_show "$_caro_silence"
  fi
  return 0
}

# Ask with the line editor standing still, on a terminal that does not type what is asked of it.
_caro_ask_and_wait() {
  builtin local -i status=0
  _caro_run wait write || status=$?
  _caro_clear
  if _caro_is_answered; then
    _caro_path="${_caro_answer#* }"
    _caro_receive
  elif ((status != 130)); then
    _caro_show_failure
  fi
  _caro_line=
  return 0
}

# Run the client in mode $1 for gesture $2; what it prints is kept in _caro_answer.
_caro_run() {
  builtin local keep='' capture='' comments=1
  _caro_presses=$((_caro_presses + 1))
  _caro_setting keep_request off
  keep="$_caro_value"
  _caro_setting fix_output off
  capture="$_caro_value"
  _caro_setting style fg=8
  builtin shopt -q interactive_comments || comments=0
  _caro_read_prompt
  _caro_without_interrupt _caro_run_client "$1" gesture "$2" shell bash terminal /dev/tty pid "$$" \
    press "$_caro_presses" left "${READLINE_LINE:0:READLINE_POINT}" right "${READLINE_LINE:READLINE_POINT}" \
    state "$_caro_state" failed "$_caro_failed" status "$_caro_status" keep "$keep" style "$_caro_value" \
    capture "$capture" comments "$comments" prompt "$_caro_prompt"
}

# Print the fields $@, and those with what this shell knows by a name. That happens in a process of its own, while the
# client starts, so that nobody waits for it.
_caro_tell() {
  builtin local -a names aliases
  builtin local -i at=0
  # Each look into BASH_ALIASES makes the whole list anew, always in the same order.
  names=("${!BASH_ALIASES[@]}") aliases=("${BASH_ALIASES[@]}")
  for at in "${!names[@]}"; do
    aliases[at]="${names[at]}=${aliases[at]}"
  done
  builtin printf '%s\t%s\0' "$@"
  builtin printf 'outcome\t%s\0' "${_caro_outcomes[@]}"
  # One write: each costs a system call. Where there is no alias, its name is empty: that is none.
  builtin printf 'alias\t%s\0' "${aliases[@]}"
  builtin printf 'functions\t'
  builtin compgen -A function -X '_*'
  builtin printf '\0'
}

# The fields go through a pipe, never into an argument list. A substitution may be read only when it runs: no alias may
# fit what stands in it.
_caro_run_client() {
  builtin local mode="$1"
  builtin local -i status=0
  builtin shift
  _caro_answer="$(
    _caro_tell "$@" |
      "$CARO_PYTHON" -I -c "import sys, caro_shell.keypress as k; sys.exit(k.main('$mode'))" 2>/dev/null
  )" || status=$?
  _caro_outcomes=()
  return "$status"
}

# Whether there is a client that works on an answer; it may have been killed. In a container, whoever should ask what
# became of it may never do so: then it is still there, and Z in the system's eyes.
_caro_client_lives() {
  builtin local stat=''
  [[ -n "$_caro_pid" ]] && builtin kill -0 "$_caro_pid" 2>/dev/null || return 1
  [[ -r "/proc/$_caro_pid/stat" ]] || return 0
  IFS= builtin read -r stat 2>/dev/null <"/proc/$_caro_pid/stat"
  [[ "${stat##*) }" != Z* ]]
}

# Empty the file of the answer, and end the client: in this order, because a client that ends takes its file away, and
# what is written then would be a new one.
_caro_stop() {
  [[ -z "$_caro_path" || ! -s "$_caro_path" ]] || builtin printf '' 2>/dev/null >|"$_caro_path"
  [[ -z "$_caro_pid" ]] || builtin kill -TERM "$_caro_pid" 2>/dev/null
  return 0
}

# Forget the pending request, if there is one, and what is offered.
_caro_end() {
  _caro_stop
  _caro_pid='' _caro_path='' _caro_line='' _caro_offer='' _caro_offer_is_seen=''
  _caro_release_interrupt
  return 0
}

# The terminal says that the answer is there, or that what is offered has been drawn.
_caro_on_answer() {
  builtin local - IFS=$' \t\n'
  builtin set +euxvETf +o pipefail
  # So it does type.
  _caro_waits=
  _caro_offer_is_seen="${_caro_offer:+1}"
  [[ -n "$_caro_path" && -s "$_caro_path" ]] || return 0
  _caro_receive
  return 0
}

# Read the answer's records and do what they say; the file is empty afterwards, and the client leaves. A command does
# not go onto a line that has changed.
_caro_receive() {
  builtin local record='' text='' command='' end='' said='' asked="$_caro_line"
  builtin local -i cursor=0
  while IFS= builtin read -r -d '' record; do
    # No word is longer than seven letters.
    [[ "${record:0:8}" == *$'\t'* ]] || continue
    text="${record#*$'\t'}"
    case "${record%%$'\t'*}" in
      note) said+="${said:+$'\n'}caro: $text" ;;
      history) builtin history -s -- "$text" ;;
      state) _caro_state="$text" ;;
      # Only digits: whatever else stood here would be computed, and a subscript may run a command.
      cursor) [[ "$text" != [0-9]* || "$text" == *[!0-9]* || ${#text} -gt 9 ]] || cursor="10#$text" ;;
      # The line is not given away for nothing.
      'done') [[ "$text" != *[![:space:]]* ]] || end=command command="$text" ;;
      error) end=error said+="${said:+$'\n'}caro: $text" ;;
    esac
  done 2>/dev/null <"$_caro_path"
  # The client is ended first: it must not draw what is taken away here.
  _caro_end
  _caro_clear
  [[ -n "$end" ]] || said="$_caro_silence"
  if [[ "$end" == command && "$READLINE_LINE" != "$asked" ]]; then
    _caro_propose "$command" "$cursor"
    return 0
  fi
  [[ "$end" != command ]] || _caro_replace "$command" "$cursor"
  [[ -z "$said" ]] || _caro_show "$said"
  return 0
}

# Show the command $1 below a line that has changed; the next press takes it.
_caro_propose() {
  builtin local first="${1%%$'\n'*}" wide=''
  builtin local -i room=$((${COLUMNS:-80} - 31))
  wide="${first//[ -~]/}"
  ((room > 0)) || room=1
  ((${#first} + ${#wide} <= room)) || first="${first:0:room/(${#wide} ? 2 : 1)}…"
  _caro_offer="$1" _caro_offer_cursor="$2"
  _caro_show "  → $first   (once more to take it)"
  # The terminal answers with ESC[0n, as it does to the client.
  builtin printf '\e[5n' 2>/dev/null >/dev/tty
  return 0
}

# Put the command $1 on the line, the cursor $2 characters before its end. The line editor makes one change of it.
_caro_replace() {
  _caro_conclude asked "$READLINE_LINE"
  _caro_watch "$READLINE_LINE"
  _caro_shown="$1"
  READLINE_LINE="$1"
  READLINE_POINT=$(($2 > ${#1} ? ${#1} : ${#1} - $2))
  return 0
}
