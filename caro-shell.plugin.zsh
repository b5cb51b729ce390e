# The entry for plugin managers: oh-my-zsh, zinit, antidote. It does what the lines of `caro init zsh` do.
#
# CARO_PYTHON is the interpreter that has caro-shell. Unless it is set, it is the one of the `caro` on PATH, read off
# that file: nothing is started.

_caro_find_python() {
  'builtin' 'emulate' -L zsh -o no_aliases
  'builtin' 'local' directory= file= first= second= python=
  for directory in "${path[@]}"; do
    file="$directory/caro"
    [[ -f "$file" && -r "$file" && -x "$file" ]] || 'builtin' 'continue'
    # In a virtual environment it stands beside its interpreter; a link on PATH leads there.
    file="${file:A}"
    python="${file:h}/python"
    if [[ ! -e "${file:h:h}/pyvenv.cfg" || ! -x "$python" ]]; then
      { 'builtin' 'read' -r first && 'builtin' 'read' -r second; } <"$file"
      python="${${first#\#!}%% *}"
      # pip starts a long path through /bin/sh.
      [[ "$first" == '#!/bin/sh' && "$second" == "'''exec' "* ]] && python="${(Q)${${(z)second}[2]}}"
    fi
    if [[ "${python:t}" == python* && -x "$python" ]]; then
      'builtin' 'typeset' -g CARO_PYTHON="$python"
      'builtin' 'return' 0
    fi
  done
  'builtin' 'return' 1
}

if [[ -o zle ]]; then
  if [[ -n "${CARO_PYTHON-}" ]] || _caro_find_python; then
    'builtin' 'source' "${${(%):-%x}:A:h}/shell/caro.zsh"
  elif [[ -z "${_caro_said_python-}" ]]; then
    'builtin' 'typeset' -g _caro_said_python=1
    'builtin' 'print' -u2 'caro: no `caro` with a Python interpreter is on PATH. Run ./install.sh, or set CARO_PYTHON.'
  fi
fi
'builtin' 'unfunction' _caro_find_python
