# shellcheck shell=bash disable=SC2016,SC2034,SC2154  # its variables are shared with the other parts
# Before every prompt, and when a command is about to run.

# The modes of the line editor, emacs and vi, whose keys are bound.
_caro_modes=''
# The last command that ran, if one has: its status, the line that was entered for it, the number in the history that
# came after it, and whether the history has it.
_caro_status='' _caro_ran_line='' _caro_number=0 _caro_is_kept=''
# The number as PS0 sees it, when a command is about to run.
_caro_ran=0 _caro_none=''
# Expanding this takes away what is below the line and ends a request that is still pending; only that is a process.
_caro_ps0='${_caro_none:$((_caro_ran=HISTCMD,0)):0}${_caro_erase-}${_caro_pid:+$(_caro_stop)}'
# And PS2, when the command goes on in another line.
_caro_goes_on=0
_caro_ps2='${_caro_none:$((_caro_goes_on=1,_caro_prompt_width=-1,0)):0}'

# A new prompt, whatever ended the old one: nothing that was asked for there may land here.
_caro_on_prompt() {
  builtin local status="$?" options="$-"
  builtin local - IFS=$' \t\n'
  builtin set +euxvETf +o pipefail
  _caro_conclude_prompt
  _caro_end_prompt
  _caro_remember "$status"
  _caro_follow_mode
  _caro_follow_prompt PS0 "$_caro_ps0"
  _caro_follow_prompt PS2 "$_caro_ps2"
  _caro_read_abbreviations
  # What else is in PROMPT_COMMAND sees the status too; but under `set -e` the shell would end here.
  [[ "$options" != *e* ]] || status=0
  return "$status"
}

_caro_end_prompt() {
  # readline has given the terminal back as it was.
  _caro_catches=
  _caro_end
  _caro_clear
  _caro_state='' _caro_shown='' _caro_goes_on=0 _caro_prompt_width=-1
  return 0
}

# Remember how the last command ended ($1), if one ran: after an empty line, or Ctrl-C, it is still the one before.
_caro_remember() {
  ((_caro_ran > 0)) || return 0
  _caro_is_kept=
  ((_caro_ran != _caro_number + 1)) || _caro_is_kept=1
  _caro_status="$1" _caro_number="$_caro_ran" _caro_ran_line="$_caro_entered_line"
  _caro_ran=0 _caro_entered_line=
  return 0
}

# The prompt $1 is the user's, with ours ($2) before it; where prompts are not expanded it would be shown.
_caro_follow_prompt() {
  if ! builtin shopt -q promptvars; then
    [[ "${!1-}" != *"$2"* ]] || builtin printf -v "$1" '%s' "${!1//"$2"/}"
  elif [[ "${!1-}" != *"$2"* ]]; then
    builtin printf -v "$1" '%s' "$2${!1-}"
  fi
  return 0
}

# Bind the keys in the keymaps of the mode that the user is in now, the first time: then everything else in the user's
# files has been loaded.
_caro_follow_mode() {
  builtin local mode=none first="$_caro_modes"
  [[ ! -o emacs ]] || mode=emacs
  [[ ! -o vi ]] || mode="vi"
  # On a terminal that cannot be drawn on there are no keys.
  [[ "${TERM-dumb}" != dumb ]] || mode=none
  [[ "$_caro_modes" != *"$mode"* ]] || return 0
  _caro_modes+=" $mode"
  case "$mode" in
    emacs) _caro_bind emacs-standard ;;
    vi) _caro_bind vi-insert vi-command ;;
  esac
  [[ -z "$first" ]] || return 0
  _caro_number="$HISTCMD"
  _caro_write_report
  _caro_say_keys
  return 0
}

# The file of the completions: caro.bash leaves its own place in _caro_here.
_caro_completions="$_caro_here/completions/caro.bash"
[[ "$_caro_completions" == /* ]] || _caro_completions="$_caro_began_in/$_caro_completions"

# The first Tab behind `caro`: the completions are read, and readline begins anew.
_caro_complete_itself() {
  [[ ! -r "$_caro_completions" ]] || ! builtin source "$_caro_completions" || return 124
}

_caro_load() {
  builtin local - IFS=$' \t\n'
  builtin set +euxvETf +o pipefail
  builtin complete -p caro &>/dev/null || builtin complete -F _caro_complete_itself caro
  _caro_read_settings
  [[ "${PROMPT_COMMAND[*]-}" != *_caro_on_prompt* ]] || return 0
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) && [[ "${PROMPT_COMMAND[*]@a}" == *a* ]]; then
    PROMPT_COMMAND=(_caro_on_prompt "${PROMPT_COMMAND[@]}")
  else
    # shellcheck disable=SC2128,SC2178
    PROMPT_COMMAND="_caro_on_prompt${PROMPT_COMMAND:+$'\n'$PROMPT_COMMAND}"
  fi
  return 0
}
