# shellcheck shell=bash disable=SC2034,SC2154  # its variables are shared with caro's script
# Read by the tour's bash in the place of .bashrc: first the user's own files, then what the tour needs.

{
  builtin read -r _caro_tour_python
  builtin read -r _caro_tour_script
} <"$CARO_TOUR/told"
if [[ "$OSTYPE" == darwin* ]]; then
  # The terminals of macOS start login shells, and so the user's lines are there.
  for _caro_tour_file in ~/.bash_profile ~/.bash_login ~/.profile; do
    # shellcheck source=/dev/null
    [[ ! -r "$_caro_tour_file" ]] || { builtin source "$_caro_tour_file" && builtin break; }
  done
elif [[ -r ~/.bashrc ]]; then
  # shellcheck source=/dev/null
  builtin source ~/.bashrc
fi

# The history of the tour goes with it. Learning is on for the tour's own eyes: nothing of it is told to anybody.
HISTFILE="$CARO_TOUR/history"
builtin declare +x CARO_LEARN=on
_caro_tour_loaded=1 _caro_tour_skip=''
if ! builtin declare -F _caro_load >/dev/null; then
  _caro_tour_loaded='' CARO_PYTHON="$_caro_tour_python"
  # shellcheck source=/dev/null
  builtin source "$_caro_tour_script"
fi
if ! builtin declare -F _caro_load >/dev/null; then
  builtin printf '%s\n' 'caro: its keys cannot be had in this bash. See: caro doctor' >&2
  builtin exit 1
fi

# Say before each prompt what to press next.
_caro_tour_tell() {
  builtin local status="$?" options="$-" comment=off name=''
  builtin local - IFS=$' \t\n'
  builtin set +euxvETf +o pipefail
  ! _caro_takes_comments || comment=on
  {
    builtin printf '%s\t%s\0' shell bash loaded "$_caro_tour_loaded" skip "$_caro_tour_skip" comment "$comment"
    for name in key key_owner explain_key explain_key_owner; do
      builtin printf '%s\t%s\0' "$name" "${_caro_report[$name]-}"
    done
    builtin printf 'outcome\t%s\0' "${_caro_outcomes[@]}"
  } | "$_caro_tour_python" -I -c 'import sys, caro_shell.tour.at_prompt as tour; sys.exit(tour.main())'
  _caro_outcomes=() _caro_tour_skip=''
  [[ "$options" != *e* ]] || status=0
  return "$status"
}
function skip {
  _caro_tour_skip=1
}
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) && [[ "${PROMPT_COMMAND[*]@a}" == *a* ]]; then
  PROMPT_COMMAND+=(_caro_tour_tell)
else
  # shellcheck disable=SC2128,SC2178,SC2179
  PROMPT_COMMAND+=$'\n_caro_tour_tell'
fi
