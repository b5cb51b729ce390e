# shellcheck shell=sh
# Sourced by install.sh and setup.sh: the environment that caro is in, its daemon, and the command.

own_venv() {
  if [ -e "$VENV" ] && [ "$(noted venv)" != "$VENV" ]; then
    fail "$VENV is there, and not made by this script." 'Move it away, or choose another --prefix DIR.'
  fi
  note venv "$VENV"
}

venv_python() { "$VENV/bin/python" -I "$@" 2>>"$LOG"; }

make_venv() { # or mend it: one whose Python is gone is made anew
  if venv_python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))'; then return; fi
  step "making an environment with $PYTHON" "$PYTHON" -I -m venv --clear "$VENV"
}

# llama.cpp is there already, or is not to be had: what else pyproject.toml asks for is installed beside it.
install_caro() {
  if has_package llama-cpp-python; then
    step 'installing caro and what it needs' venv_python -m pip install "$HERE"
    return
  fi
  required | grep -v '^llama-cpp-python' >"$WORK/required"
  step 'installing what caro needs' venv_python -m pip install --requirement "$WORK/required"
  step 'installing caro' venv_python -m pip install --no-deps "$HERE"
}

# What pyproject.toml asks for, so that the bounds stand in one place; of an extra where one is named.
required() { # [EXTRA]
  venv_python -c 'import sys, tomllib
project = tomllib.load(open(sys.argv[1], "rb"))["project"]
extra = sys.argv[2]
print(*(project["optional-dependencies"][extra] if extra else project["dependencies"]), sep="\n")' \
    "$HERE/pyproject.toml" "${1-}"
}

has_package() { venv_python -m pip show --quiet "$1" >>"$LOG"; }

# It runs the code that is about to go. An environment that is broken cannot tell it so: then it gets a signal.
stop_daemon() {
  daemon=$(cat -- "$STATE/daemon.lock" 2>/dev/null) || daemon=''
  [ ! -x "$OWN_PYTHON" ] || run_caro daemon stop >/dev/null 2>&1 </dev/null || :
  tries=0
  while is_ours "$daemon" && [ "$tries" -lt 5 ]; do
    [ "$tries" = 0 ] || kill "$daemon" 2>/dev/null || :
    tries=$((tries + 1))
    sleep 1
  done
}

run_caro() { "$OWN_PYTHON" -I -m caro_shell "$@"; }

is_ours() { # PROCESS: whether it is alive and runs the Python of this environment
  [ -n "$1" ] || return 1
  case $({ tr '\0' ' ' <"/proc/$1/cmdline" || ps -p "$1" -o args=; } 2>/dev/null) in
    *"$OWN_PYTHON"*) ;;
    *) return 1 ;;
  esac
}

link_command() {
  make_dir "$BIN"
  CARO=$VENV/bin/caro
  if [ -n "$PREFIX" ]; then
    note file "$LINK"
    say '#!/bin/sh' "$(prefix_settings '[ -n "${%s-}" ] || export %s=%s\n')" "exec $(quote "$CARO") \"\$@\"" >"$WORK/caro"
    chmod 755 "$WORK/caro" && mv -f -- "$WORK/caro" "$LINK"
    return
  fi
  target=$(readlink -- "$LINK" 2>/dev/null || :)
  if [ "$target" != "$CARO" ] && { [ -e "$LINK" ] || [ -n "$target" ]; }; then
    say "  $(short "$LINK") is not ours and stays as it is; ours is $(short "$CARO")"
    return
  fi
  [ -n "$target" ] || ln -s -- "$CARO" "$LINK" || fail "$LINK cannot be made." "Look at the rights of $BIN."
  note link "$LINK"
}

prefix_settings() { # FORMAT (a variable, again, its value): what keeps an installation with --prefix below its DIR
  [ -n "$PREFIX" ] || return 0
  for setting in "CARO_MODELS_DIR $ROOT/models" "CARO_CONFIG $ROOT/config.toml" "CARO_RUNTIME_DIR $STATE"; do
    variable=${setting%% *}
    if [ "$variable" = CARO_RUNTIME_DIR ] && [ "$STATE" != "$ROOT/run" ]; then continue; fi
    # shellcheck disable=SC2059  # the shell it is for has the say
    printf "$1" "$variable" "$variable" "$(quote "${setting#* }")"
  done
}
