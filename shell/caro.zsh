# caro for zsh: words on the command line, Ctrl-G, a command in their place.
#
# Sourced from .zshrc after CARO_PYTHON has been set (`caro init zsh` prints both lines). Sourcing starts no
# process and prints nothing. docs/shells.md says how it works and why.
#
# Settings, before or after sourcing:  CARO_KEY='^G'  the key (bindkey notation; empty: none)
#                                      CARO_STYLE='fg=8'  how status and ghost text look (zle_highlight notation)
#
# _caro_verb is a function of ours, _caro-verb a widget nobody binds, caro-verb a widget to bind.

# Aliases of the user's must not reach into the functions below.
'builtin' 'typeset' '-g' '_caro_alias_option=+o'
[[ -o aliases ]] && 'builtin' 'typeset' '-g' '_caro_alias_option=-o'
'builtin' 'setopt' 'no_aliases'

builtin typeset -g CARO_KEY="${CARO_KEY-^G}" CARO_STYLE="${CARO_STYLE-fg=8}"
# The pending request: its descriptor, the line it was asked for, and how it was answered when the line had changed.
builtin typeset -g _caro_fd="${_caro_fd-}" _caro_line="${_caro_line-}" _caro_suggestion="${_caro_suggestion-}"
# How many presses there were, what of POSTDISPLAY is ours, and whose interrupt trap is kept meanwhile.
builtin typeset -gi _caro_presses="${_caro_presses-0}"
builtin typeset -g _caro_ghost="${_caro_ghost-}" _caro_trap="${_caro_trap-}" _caro_in_trap=

# --- what is drawn ---------------------------------------------------------------------------------------

# Show $1 dimly after the line, in place of what we showed before; nothing when it is empty.
_caro_draw() {
  builtin emulate -L zsh
  [[ "$POSTDISPLAY" == "$_caro_ghost" ]] || [[ -n "$1" ]] || {
    _caro_ghost=
    return 0
  }
  _caro_ghost="$1"
  POSTDISPLAY="$1"
  _caro_paint
  return 0
}

# Colour our own text where it now stands; the numbers move with every character that is typed.
_caro_paint() {
  builtin emulate -L zsh
  region_highlight=("${(@)region_highlight:#*memo=caro}")
  if [[ -n "$_caro_ghost" && "$POSTDISPLAY" == "$_caro_ghost" ]]; then
    region_highlight+=("${#BUFFER} $((${#BUFFER} + ${#POSTDISPLAY})) ${CARO_STYLE} memo=caro")
  fi
  return 0
}

# --- the pending request ---------------------------------------------------------------------------------

# Ask for the line; whatever is pending already ends first.
_caro_ask() {
  # What stands in a substitution is read when it runs, so aliases have to be off then too.
  builtin emulate -L zsh -o no_aliases
  _caro_end
  _caro_line="$BUFFER"
  ((_caro_presses += 1))
  # The line goes through a pipe, never into an argument list; closing the descriptor cancels the request.
  if ! builtin exec {_caro_fd}< <(
    builtin printf '%s\t%s\0' shell zsh terminal "$TTY" pid "$$" press "$_caro_presses" left "$_caro_line" |
      "$CARO_PYTHON" -I -c 'import sys, caro_shell.keypress as k; sys.exit(k.main("stream"))' 2>/dev/null
  ); then
    _caro_fd=
    return 1
  fi
  builtin zle -F "$_caro_fd" _caro_on_record
  _caro_catch_interrupt
  return 0
}

# Forget the pending request, if there is one, and what is drawn for it.
_caro_end() {
  builtin emulate -L zsh
  if [[ -n "$_caro_fd" ]]; then
    builtin zle -F "$_caro_fd" 2>/dev/null
    builtin exec {_caro_fd}<&-
    _caro_fd=
    _caro_release_interrupt
  fi
  _caro_line=
  _caro_suggestion=
  return 0
}

# A record has come, or the client has left: pass it on to a widget, where the line can be edited.
_caro_on_record() {
  builtin emulate -L zsh
  builtin local record= word=
  if [[ "$1" != "$_caro_fd" ]]; then
    builtin zle -F "$1"
    return 0
  fi
  if IFS= builtin read -r -u "$1" -d $'\0' record; then
    word="${record%%$'\t'*}"
    record="${record#*$'\t'}"
  else
    word=error record='caro did not answer. See: caro doctor'
  fi
  builtin zle _caro-take "$word" "$record"
  builtin zle -R
  return 0
}

# The widget behind _caro_on_record: $1 is the record's word, $2 its text.
_caro_take() {
  builtin emulate -L zsh
  case "$1" in
    working) [[ "$_caro_ghost" == *'→ '* ]] || _caro_draw "  … $2" ;;
    chunk) _caro_draw "  → $2" ;;
    note) builtin zle -M -- "caro: $2" ;;
    done) _caro_finish "$2" ;;
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
  builtin local asked="$_caro_line"
  _caro_end
  if [[ "$BUFFER" == "$asked" ]]; then
    _caro_draw ''
    _caro_replace "$1"
  else
    _caro_suggestion="$1"
    _caro_draw "  → $1   (once more to take it)"
  fi
  return 0
}

# Put $1 on the line as one change, so that one undo brings the old line back.
_caro_replace() {
  builtin emulate -L zsh
  builtin zle split-undo
  BUFFER="$1"
  CURSOR=${#BUFFER}
  builtin zle split-undo
  return 0
}

# --- Ctrl-C while waiting --------------------------------------------------------------------------------

# Ctrl-C would throw the line away; while a request is pending it only ends the request.
_caro_catch_interrupt() {
  builtin emulate -L zsh
  # The trap outlives this function.
  builtin setopt no_local_traps
  # Ours is still there when the last request ended by Ctrl-C a moment ago.
  [[ -n "$_caro_trap" ]] && return 0
  if ((${+functions[TRAPINT]})); then
    functions[_caro_users_trapint]="${functions[TRAPINT]}"
    _caro_trap=function
  else
    _caro_trap=none
    _caro_read_trap
  fi
  # Only a return in the trap itself tells zsh whether the signal has been dealt with.
  functions[TRAPINT]='_caro_on_interrupt "$@" || return $?; return 0'
  return 0
}

# Remember the user's `trap … INT`. zsh only prints its traps, and loses them in a subshell, so the way goes
# through a file in a directory of ours, where there is one.
_caro_read_trap() {
  builtin emulate -L zsh
  builtin local directory="${CARO_RUNTIME_DIR:-$HOME/.local/state/caro/run}" file=
  builtin local -a words
  builtin local -i at=0
  builtin zmodload -F zsh/files b:zf_rm b:zf_mkdir 2>/dev/null || return 0
  [[ -d "$directory" ]] || zf_mkdir -p -m 700 -- "$directory" 2>/dev/null
  [[ -O "$directory" && ! -L "$directory" ]] || return 0
  file="$directory/traps.$$"
  builtin trap >|"$file" || return 0
  words=(${(z)"$(<"$file")"})
  zf_rm -f -- "$file"
  at=${words[(I)INT]}
  if ((at > 3)) && [[ "${words[at - 3]}" == trap ]]; then
    _caro_trap="list ${(Q)words[at - 1]}"
  fi
  return 0
}

_caro_release_interrupt() {
  builtin emulate -L zsh
  builtin setopt no_local_traps
  # zsh forgets a trap that is set while another one runs; the next hook does it then.
  [[ -n "$_caro_trap" && -z "$_caro_in_trap" ]] || return 0
  builtin unfunction TRAPINT 2>/dev/null
  case "$_caro_trap" in
    function)
      functions[TRAPINT]="${functions[_caro_users_trapint]}"
      builtin unfunction _caro_users_trapint
      ;;
    list\ *) builtin trap -- "${_caro_trap#list }" INT ;;
  esac
  _caro_trap=
  return 0
}

_caro_on_interrupt() {
  builtin emulate -L zsh
  # Outside the line editor, or with nothing pending, the signal means what it always does.
  if [[ -z "$_caro_fd" ]] || ! builtin zle; then
    return $((128 + $1))
  fi
  _caro_in_trap=1
  builtin zle _caro-cancel
  builtin zle -R
  _caro_in_trap=
  # A descriptor that is ready at once: its handler runs when this trap is over, before the next key or Ctrl-C.
  builtin local after=
  builtin exec {after}</dev/null && builtin zle -F "$after" _caro_after_interrupt
  return 0
}

# The trap is over: give the user's own back, so that a second Ctrl-C drops the line as always.
_caro_after_interrupt() {
  builtin emulate -L zsh
  builtin local after="$1"
  builtin zle -F "$after"
  builtin exec {after}<&-
  [[ -n "$_caro_fd" ]] || _caro_release_interrupt
  return 0
}

_caro_cancel() {
  builtin emulate -L zsh
  _caro_end
  _caro_draw ''
  return 0
}

# --- the key ---------------------------------------------------------------------------------------------

_caro_generate() {
  builtin emulate -L zsh
  if [[ -n "$_caro_suggestion" ]]; then
    builtin local command="$_caro_suggestion"
    _caro_cancel
    _caro_replace "$command"
    return 0
  fi
  # A second press on the same line changes nothing: the answer is on its way.
  [[ -n "$_caro_fd" && "$BUFFER" == "$_caro_line" ]] && return 0
  if [[ "$BUFFER" != *[^[:space:]#]* ]]; then
    builtin zle -M 'caro: type what you want in words, then press the key again'
    return 0
  fi
  builtin zle -M ''
  if _caro_ask; then
    _caro_draw '  …'
  else
    _caro_draw ''
    builtin zle -M 'caro: could not start; see: caro doctor'
  fi
  return 0
}

# --- hooks -----------------------------------------------------------------------------------------------

# A new prompt, whatever ended the old one: nothing that was asked for there may land here.
_caro_on_line_init() {
  builtin emulate -L zsh
  _caro_end
  _caro_release_interrupt
  _caro_ghost=
  return 0
}

_caro_on_line_finish() {
  builtin emulate -L zsh
  _caro_release_interrupt
  [[ -z "$_caro_fd$_caro_suggestion$_caro_ghost" ]] && return 0
  _caro_cancel
  return 0
}

_caro_on_pre_redraw() {
  builtin emulate -L zsh
  [[ -n "$_caro_trap" && -z "$_caro_fd" ]] && _caro_release_interrupt
  [[ -n "$_caro_ghost" ]] && _caro_paint
  return 0
}

# --- loading ---------------------------------------------------------------------------------------------

# Bind the key where it is not bound yet: other plugins may have reset the keymaps since.
_caro_bind() {
  builtin emulate -L zsh
  builtin local keymap=
  [[ -n "$CARO_KEY" ]] || return 0
  for keymap in emacs viins vicmd; do
    builtin bindkey -M "$keymap" "$CARO_KEY" caro-generate
  done
  # In a history search the same key still cancels the search.
  [[ "$CARO_KEY" == '^G' ]] && builtin bindkey -M isearch '^G' send-break
  return 0
}

# Before the first prompt, when every other plugin has been loaded.
_caro_on_first_prompt() {
  builtin emulate -L zsh
  precmd_functions=("${(@)precmd_functions:#_caro_on_first_prompt}")
  builtin autoload -Uz add-zle-hook-widget
  add-zle-hook-widget line-init _caro-line-init
  add-zle-hook-widget line-finish _caro-line-finish
  add-zle-hook-widget line-pre-redraw _caro-line-pre-redraw
  # zsh-autosuggestions would draw over us; this list makes it stand back. Ours alone, never a new list.
  if ((${+ZSH_AUTOSUGGEST_CLEAR_WIDGETS})); then
    ZSH_AUTOSUGGEST_CLEAR_WIDGETS=("${(@)ZSH_AUTOSUGGEST_CLEAR_WIDGETS:#caro-generate}" caro-generate)
  fi
  _caro_bind
  return 0
}

_caro_load() {
  builtin emulate -L zsh
  [[ -o zle && -x "${CARO_PYTHON-}" ]] || return 0
  builtin zle -N caro-generate _caro_generate
  builtin zle -N _caro-take _caro_take
  builtin zle -N _caro-cancel _caro_cancel
  builtin zle -N _caro-line-init _caro_on_line_init
  builtin zle -N _caro-line-finish _caro_on_line_finish
  builtin zle -N _caro-line-pre-redraw _caro_on_pre_redraw
  builtin typeset -ga precmd_functions zvm_after_init_commands
  precmd_functions=("${(@)precmd_functions:#_caro_on_first_prompt}" _caro_on_first_prompt)
  # zsh-vi-mode makes its keymaps anew after the first prompt, and runs this list afterwards.
  zvm_after_init_commands=("${(@)zvm_after_init_commands:#_caro_bind}" _caro_bind)
  _caro_bind
  return 0
}

_caro_load
builtin set "$_caro_alias_option" aliases
builtin unset _caro_alias_option
