# Read by the tour's zsh in the place of .zshrc: first the user's own one, then what the tour needs.

if [[ -n "$_caro_tour_zdotdir" ]]; then ZDOTDIR="$_caro_tour_zdotdir"; else 'builtin' 'unset' ZDOTDIR; fi
[[ ! -r "${ZDOTDIR:-$HOME}/.zshrc" ]] || 'builtin' 'source' "${ZDOTDIR:-$HOME}/.zshrc"

# The history of the tour goes with it. Learning is on for the tour's own eyes: nothing of it is told to anybody.
HISTFILE="$CARO_TOUR/history"
'builtin' 'typeset' -g +x CARO_LEARN=on
_caro_tour_loaded=1 _caro_tour_skip=
if ((! ${+functions[_caro_load]})); then
  _caro_tour_loaded= CARO_PYTHON="$_caro_tour_python"
  'builtin' 'source' "$_caro_tour_script"
fi
if ((! ${+functions[_caro_load]})); then
  'builtin' 'print' -u2 'caro: its keys cannot be had in this zsh. See: caro doctor'
  'builtin' 'exit' 1
fi

# Say before each prompt what to press next.
_caro_tour_tell() {
  'builtin' 'emulate' -L zsh -o no_aliases
  'builtin' 'local' REPLY= comment=on name=
  _caro_setting comment on
  [[ "${(L)REPLY}" == (off|0|false|) ]] && comment=off
  {
    'builtin' 'printf' '%s\t%s\0' shell zsh loaded "$_caro_tour_loaded" skip "$_caro_tour_skip" comment "$comment"
    for name in key key_owner explain_key explain_key_owner; do
      'builtin' 'printf' '%s\t%s\0' "$name" "${_caro_report[$name]}"
    done
    'builtin' 'printf' 'outcome\t%s\0' "${(@)_caro_outcomes}"
  } | "$_caro_tour_python" -I -c 'import sys, caro_shell.tour.at_prompt as tour; sys.exit(tour.main())'
  _caro_outcomes=() _caro_tour_skip=
  'builtin' 'return' 0
}
precmd_functions+=(_caro_tour_tell)
functions[skip]='_caro_tour_skip=1'
