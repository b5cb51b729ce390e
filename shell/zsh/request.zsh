# The pending request: asked without waiting, answered record by record.

# Its descriptor, the line it was asked for, and how it was answered when the line had changed.
builtin typeset -g _caro_fd="$_caro_fd" _caro_line="$_caro_line" _caro_suggestion="$_caro_suggestion"
# What its records have said: the conversation after it, the cursor's place before the end, notes.
builtin typeset -g _caro_new_state= _caro_cursor= _caro_notes=
# The conversation on this line: of no meaning to us, and forgotten with the prompt.
builtin typeset -g _caro_state="$_caro_state"
# How many presses there were in this shell.
builtin typeset -gi _caro_presses="$_caro_presses"
# What of the records has come without its end.
builtin typeset -g _caro_unread=
# Whether the line editor is searching in the history, and whether a record waits for the end of that.
builtin typeset -gi _caro_searching=0 _caro_paused=0
# What is said once.
builtin typeset -gi _caro_said_comments="$_caro_said_comments"

# Ask for the line; whatever is pending already ends first.
_caro_ask() {
  # What stands in a substitution is read when it runs, so aliases have to be off then too.
  builtin emulate -L zsh -o no_aliases
  builtin local -a fields
  _caro_end
  _caro_line="$BUFFER"
  _caro_fields write
  # The line goes through a pipe, never into an argument list; closing the descriptor cancels the request. The client
  # takes the place of the process that would wait for it: once somebody has stopped a client, zsh does that without a
  # pause, and for ever.
  if ! builtin exec {_caro_fd}< <(
    _caro_tell "${(@)fields}" |
      builtin exec "$CARO_PYTHON" -I -c 'import sys, caro_shell.keypress as k; sys.exit(k.main("stream"))' 2>/dev/null
  ); then
    _caro_fd=
    return 1
  fi
  _caro_outcomes=()
  builtin zle -F "$_caro_fd" _caro_on_record
  _caro_catch_interrupt
  return 0
}

# Count a press, and fill the caller's `fields`: everything that is known about it; $1 is the gesture.
_caro_fields() {
  builtin emulate -L zsh
  builtin local REPLY=
  ((_caro_presses += 1))
  fields=(gesture "$1" shell zsh terminal "$TTY" pid "$$" press "$_caro_presses")
  fields+=(left "${LBUFFER//$'\0'/}" right "${RBUFFER//$'\0'/}" state "$_caro_state")
  _caro_setting style fg=8
  fields+=(style "$REPLY")
  _caro_setting fix_output off
  fields+=(capture "$REPLY")
  _caro_keep
  fields+=(keep "$REPLY")
  [[ -o interactive_comments ]] || fields+=(comments 0)
  if _caro_is_blank && [[ -n "$_caro_failed" ]]; then
    fields+=(failed "${_caro_failed//$'\0'/}" status "$_caro_status")
  fi
  return 0
}

# Print the fields $@, and those with what this shell knows by a name. That happens in the process that writes to the
# client, so that the line editor waits for none of it.
_caro_tell() {
  builtin emulate -L zsh -o extended_glob
  builtin printf '%s\t%s\0' "$@"
  builtin printf 'outcome\t%s\0' "${(@)_caro_outcomes}"
  # Where there is none, its name is empty: that is no alias.
  builtin printf 'alias\t%s=%s\0' "${(@kv)aliases}"
  builtin printf 'global_alias\t%s=%s\0' "${(@kv)galiases}"
  builtin printf 'suffix_alias\t%s=%s\0' "${(@kv)saliases}"
  builtin printf 'functions\t%s\0' "${(kj: :)functions[(I)^_*]}"
}

# REPLY is where the words of a request are kept. A comment behind a command needs an option of the user's.
_caro_keep() {
  builtin emulate -L zsh
  _caro_setting keep_request off
  [[ "$REPLY" != comment || -o interactive_comments ]] && return 0
  REPLY=off
  ((_caro_said_comments)) || builtin zle -M 'caro: keep_request=comment needs: setopt interactive_comments'
  _caro_said_comments=1
  return 0
}

# Whether there are no words on the line.
_caro_is_blank() {
  builtin emulate -L zsh
  [[ "$BUFFER" != *[^[:space:]#]* ]]
}

# Let go of the pending request; closing its descriptor cancels it.
_caro_close() {
  builtin emulate -L zsh
  if [[ -n "$_caro_fd" ]]; then
    builtin zle -F "$_caro_fd" 2>/dev/null
    builtin exec {_caro_fd}<&-
    _caro_fd=
  fi
  _caro_paused=0 _caro_unread=
  return 0
}

# Forget the pending request and the offered answer, if there is one.
_caro_end() {
  builtin emulate -L zsh
  _caro_close
  _caro_line= _caro_suggestion= _caro_new_state= _caro_cursor= _caro_notes=
  _caro_release_interrupt
  return 0
}

# Records have come, or the client has left: pass them on to a widget, where the line can be edited. What has no end yet
# is kept: the line editor stands still while it waits for one.
_caro_on_record() {
  builtin emulate -L zsh
  builtin local chunk= record=
  builtin local -a records
  builtin local -i came=0
  if [[ "$1" != "$_caro_fd" ]]; then
    builtin zle -F "$1"
    return 0
  fi
  # What a history search shows is no line to edit, and drawing would hide it: the records wait in the pipe.
  if ((_caro_searching)); then
    builtin zle -F "$1"
    _caro_paused=1
    return 0
  fi
  builtin zmodload -F zsh/system b:sysread
  builtin sysread -i "$1" -t 0 chunk || came=$?
  # 4: there is nothing yet.
  ((came == 4)) && return 0
  _caro_unread+="$chunk"
  if [[ "$chunk" == *$'\0'* ]]; then
    # One split: looking for each end with a pattern takes the square of the length.
    records=("${(@ps:\0:)_caro_unread}")
    _caro_unread="${records[-1]}"
    for record in "${(@)records[1,-2]}"; do
      [[ -n "$_caro_fd" && "${record[1,8]}" == *$'\t'* ]] || continue
      builtin zle _caro-take "${record%%$'\t'*}" "${record#*$'\t'}"
    done
  fi
  # It has left without an answer, or writes what is none.
  if [[ -n "$_caro_fd" ]] && ((came || ${#_caro_unread} > 1048576)); then
    builtin zle _caro-take error 'caro did not answer. See: caro doctor'
  fi
  builtin zle -R
  return 0
}

# The widget behind _caro_on_record: $1 is the record's word, $2 its text.
_caro_take() {
  builtin emulate -L zsh
  builtin local newline=$'\n'
  case "$1" in
    working) [[ "$_caro_ghost" == *'→ '* ]] || _caro_draw "  … $2" ;;
    chunk) _caro_draw "  → $2" ;;
    note)
      _caro_notes+="${_caro_notes:+$newline}caro: $2"
      builtin zle -M -- "$_caro_notes"
      ;;
    history) builtin print -rs -- "$2" ;;
    state) _caro_new_state="$2" ;;
    cursor) _caro_cursor="$2" ;;
    # The line is not given away for nothing.
    done) [[ "$2" == *[^[:space:]]* ]] && _caro_finish "$2" ;;
    error)
      _caro_end
      _caro_draw ''
      builtin zle -M -- "caro: $2"
      ;;
  esac
  return 0
}

# The command is here: it replaces the line it was asked for; a line that has changed since is left alone.
_caro_finish() {
  builtin emulate -L zsh
  _caro_close
  _caro_state="$_caro_new_state"
  if [[ "$BUFFER" == "$_caro_line" ]]; then
    _caro_draw ''
    _caro_replace "$1"
  else
    _caro_suggestion="$1"
    _caro_draw "  → $1   (once more to take it)"
  fi
  return 0
}

# Put $1 on the line as one change, so that one undo brings the old line back; nothing is pending then.
_caro_replace() {
  builtin emulate -L zsh
  builtin local before_end="$_caro_cursor"
  _caro_conclude asked "$BUFFER"
  _caro_watch "$BUFFER"
  _caro_end
  builtin zle split-undo
  BUFFER="$1"
  CURSOR=${#BUFFER}
  [[ "$before_end" == <1-> && ${#before_end} -lt 10 ]] && ((before_end <= CURSOR)) && ((CURSOR -= before_end))
  builtin zle split-undo
  return 0
}

_caro_cancel() {
  builtin emulate -L zsh
  _caro_end
  _caro_draw ''
  return 0
}

# A history search has begun or has moved.
_caro_on_search() {
  builtin emulate -L zsh
  _caro_searching=1
  return 0
}

# The search is over: what has come meanwhile is read now.
_caro_on_search_end() {
  builtin emulate -L zsh
  _caro_searching=0
  ((_caro_paused)) && [[ -n "$_caro_fd" ]] && builtin zle -F "$_caro_fd" _caro_on_record
  _caro_paused=0
  return 0
}
