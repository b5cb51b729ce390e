# What is drawn behind the line: POSTDISPLAY, and one entry of region_highlight that is ours.

# What of POSTDISPLAY is ours.
builtin typeset -g _caro_ghost="$_caro_ghost"

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
  builtin local REPLY=
  region_highlight=("${(@)region_highlight:#*memo=caro}")
  if [[ -n "$_caro_ghost" && "$POSTDISPLAY" == "$_caro_ghost" ]]; then
    _caro_setting style fg=8
    region_highlight+=("${#BUFFER} $((${#BUFFER} + ${#POSTDISPLAY})) ${REPLY:-none} memo=caro")
  fi
  return 0
}
