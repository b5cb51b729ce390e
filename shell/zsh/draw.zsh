# What is drawn behind the line: POSTDISPLAY, and one entry of region_highlight that is ours.

# What of POSTDISPLAY is ours, and its style as zsh tells it back.
builtin typeset -g _caro_ghost="$_caro_ghost" _caro_style="$_caro_style"

# Show $1 dimly after the line, in place of what we showed before; nothing when it is empty.
_caro_draw() {
  builtin emulate -L zsh
  [[ "$POSTDISPLAY" == "$_caro_ghost" ]] || [[ -n "$1" ]] || {
    _caro_ghost=
    return 0
  }
  # The line editor goes through all of it with every key, and no screen shows more.
  _caro_ghost="${1[1,COLUMNS*LINES]}"
  POSTDISPLAY="$_caro_ghost"
  _caro_paint
  return 0
}

# Colour our own text where it now stands; the numbers move with every character that is typed.
_caro_paint() {
  builtin emulate -L zsh
  builtin local REPLY=
  # zsh 5.8 keeps no memo (only what stands before the comma): there ours is the one that begins behind the line.
  region_highlight=("${(@)region_highlight:#(*memo=caro|${#BUFFER} * ${_caro_style:-memo=caro})}")
  if [[ -n "$_caro_ghost" && "$POSTDISPLAY" == "$_caro_ghost" ]]; then
    _caro_setting style fg=8
    region_highlight+=("${#BUFFER} $((${#BUFFER} + ${#POSTDISPLAY})) ${REPLY:-none}, memo=caro")
    _caro_style="${region_highlight[-1]#* * }"
  fi
  return 0
}
