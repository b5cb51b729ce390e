# caro for zsh: words on the command line, Ctrl-G, a command in their place.
#
# Sourced from .zshrc after CARO_PYTHON has been set (`caro init zsh` prints both lines). Sourcing starts no
# process and prints nothing. docs/shells.md says how it works and why; zsh/ beside this file has a part a concern.
#
# Settings, each a variable (before or after sourcing) or, in small letters and without CARO_, a key of the config
# file:  CARO_KEY=ctrl-g  CARO_EXPLAIN_KEY=alt-g  CARO_COMMENT=on  CARO_STYLE=fg=8  CARO_KEEP_REQUEST=off
#        CARO_FIX_OUTPUT=off  CARO_LEARN=on
#
# _caro_verb is a function of ours, _caro-verb a widget nobody binds, caro-verb a widget to bind.

# Whatever the user's aliases and options are, they do not reach the reading of the parts; hence the quotes here.
_caro_read_parts() {
  'builtin' 'emulate' -L zsh -o no_aliases
  [[ -o zle && -x "$CARO_PYTHON" ]] || 'builtin' 'return' 0
  'builtin' 'local' part=
  for part in settings draw learn request interrupt gestures enter keys owners report abbreviations hooks; do
    'builtin' 'source' "$1/zsh/$part.zsh"
  done
  _caro_load
}
_caro_read_parts "${${(%):-%x}:A:h}"
'builtin' 'unfunction' _caro_read_parts
