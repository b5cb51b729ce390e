# shellcheck shell=bash
# caro for bash: words on the command line, Ctrl-G, a command in their place.
#
# Sourced from .bashrc after CARO_PYTHON has been set (`caro init bash` prints both lines). Sourcing starts no
# process and prints nothing. docs/shells.md says how it works and why; bash/ beside this file has a part a concern.
#
# Settings, each a variable (before or after sourcing) or, in small letters and without CARO_, a key of the config
# file:  CARO_KEY=ctrl-g  CARO_EXPLAIN_KEY=alt-g  CARO_COMMENT=on  CARO_STYLE=fg=8  CARO_KEEP_REQUEST=off
#        CARO_FIX_OUTPUT=off  CARO_LEARN=on
#
# _caro_verb is a function of ours. Those that a key or the prompt calls are named _caro_on_…: only they meet the
# user's options. What a function finds it leaves in a variable that its comment names; a substitution is a process.

# A script that sources this is left alone.
\builtin test "${-#*i}" != "$-" || \builtin return 0
\builtin test "$((${BASH_VERSINFO[0]:-0} * 100 + ${BASH_VERSINFO[1]:-0}))" -ge 404 || {
  \builtin printf '%s\n' "caro: the keys need bash 4.4 or newer, and this is ${BASH_VERSION-older}; caro \"…\" works." >&2
  \builtin return 0
}
\builtin test -x "${CARO_PYTHON-}" || \builtin return 0

# Aliases of the user's must not reach into the functions of the parts; hence the backslashes until here.
_caro_expands_aliases=
\builtin shopt -q expand_aliases && _caro_expands_aliases=1
\builtin shopt -u expand_aliases
_caro_here=.
[[ "${BASH_SOURCE[0]}" != */* ]] || _caro_here="${BASH_SOURCE[0]%/*}"
for _caro_part in settings draw learn interrupt request gestures enter keys report abbreviations hooks; do
  # shellcheck source=/dev/null
  builtin source "$_caro_here/bash/$_caro_part.bash"
done
_caro_load
[[ -z "$_caro_expands_aliases" ]] || builtin shopt -s expand_aliases
builtin unset -v _caro_expands_aliases _caro_here _caro_part
