# Read by the tour's zsh in the place of .zshenv: the user's own one is read, and says where the user's .zshrc is.

{
  'builtin' 'read' -r _caro_tour_python
  'builtin' 'read' -r _caro_tour_script
  'builtin' 'read' -r _caro_tour_zdotdir
} <"$CARO_TOUR/told"
if [[ -n "$_caro_tour_zdotdir" ]]; then ZDOTDIR="$_caro_tour_zdotdir"; else 'builtin' 'unset' ZDOTDIR; fi
[[ ! -r "${ZDOTDIR:-$HOME}/.zshenv" ]] || 'builtin' 'source' "${ZDOTDIR:-$HOME}/.zshenv"
_caro_tour_zdotdir="${ZDOTDIR-}"
ZDOTDIR="$CARO_TOUR"
