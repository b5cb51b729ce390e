# Ctrl-C would throw the line away; while a request is pending it only ends the request. While an answer is offered
# it takes the offer off the screen first, and then does what it always does.

# Whose interrupt trap is kept meanwhile, and whether a trap runs now.
builtin typeset -g _caro_trap="$_caro_trap" _caro_in_trap=

_caro_catch_interrupt() {
  builtin emulate -L zsh -o no_aliases
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
  functions[TRAPINT]='_caro_on_interrupt || { _caro_users_interrupt "$1"; return $?; }; return 0'
  return 0
}

# Remember the user's `trap … INT`. zsh only prints its traps, and loses them in a subshell.
_caro_read_trap() {
  builtin emulate -L zsh
  builtin local REPLY=
  builtin local -a words
  builtin local -i at=0
  _caro_capture builtin trap || return 0
  words=(${(z)REPLY})
  at=${words[(I)INT]}
  if ((at > 3)) && [[ "${words[at - 3]}" == trap ]]; then
    _caro_trap="list ${(Q)words[at - 1]}"
  fi
  return 0
}

# REPLY is what a builtin prints, without a subshell: it goes through a file that is ours alone and has no name any
# more when something is written into it. Fails where no such file can be made.
_caro_capture() {
  builtin emulate -L zsh
  builtin local file="${TMPPREFIX:-/tmp/zsh}caro.$$.$RANDOM$RANDOM" part=
  builtin local -i fd=-1
  REPLY=
  builtin zmodload -F zsh/system b:sysopen b:sysread b:sysseek 2>/dev/null || return 1
  builtin zmodload -F zsh/files b:zf_rm 2>/dev/null || return 1
  sysopen -rw -m 600 -o creat,excl,cloexec -u fd -- "$file" 2>/dev/null || return 1
  zf_rm -f -- "$file"
  "$@" >&$fd
  sysseek -u $fd 0
  while sysread -i $fd part; do
    REPLY+="$part"
  done
  builtin exec {fd}>&-
  return 0
}

_caro_release_interrupt() {
  builtin emulate -L zsh -o no_aliases
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

# Whether the signal is dealt with.
_caro_on_interrupt() {
  builtin emulate -L zsh
  builtin local pending="$_caro_fd"
  # Outside the line editor, or with nothing pending, the signal means what it always does.
  [[ -n "$_caro_fd$_caro_suggestion" ]] && builtin zle || return 1
  _caro_in_trap=1
  builtin zle _caro-cancel
  builtin zle -R
  _caro_in_trap=
  # A descriptor that is ready at once: its handler runs when this trap is over, before the next key or Ctrl-C.
  builtin local after=
  builtin exec {after}</dev/null && builtin zle -F "$after" _caro_after_interrupt
  [[ -n "$pending" ]]
}

# Do what the user's own trap does, under the user's options; without one zsh drops the line.
_caro_users_interrupt() {
  case "$_caro_trap" in
    function) _caro_users_trapint "$1" ;;
    list\ *) builtin eval "${_caro_trap#list }" ;;
    *) builtin return $((128 + $1)) ;;
  esac
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
