# shellcheck shell=sh
# Sourced by install.sh: the private environment, llama.cpp in it, and the command.

WHEELS=https://abetlen.github.io/llama-cpp-python/whl

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

llama_works() { venv_python -c 'import llama_cpp; llama_cpp.llama_print_system_info()' >>"$LOG"; }

# Sets LLAMA to what pyproject.toml asks for, so that the bounds stand in one place.
read_requirement() {
  LLAMA=$(venv_python -c 'import sys, tomllib
wanted = tomllib.load(open(sys.argv[1], "rb"))["project"]["dependencies"]
print(next(line for line in wanted if line.startswith("llama-cpp-python")))' "$HERE/pyproject.toml")
}

install_llama() {
  read_requirement
  if [ -n "${CMAKE_ARGS-}" ]; then
    if [ "$CMAKE_ARGS" = "$(cat -- "$VENV/cmake-args" 2>/dev/null)" ] && llama_works; then return; fi
    build_llama --no-cache-dir --force-reinstall
    printf '%s\n' "$CMAKE_ARGS" >"$VENV/cmake-args"
  elif ready_made && llama_works; then
    return
  elif venv_python -m pip list --format freeze | grep -q '^llama.cpp.python='; then
    say '  this llama.cpp does not run here'
    build_llama --no-binary llama-cpp-python --force-reinstall
  else
    build_llama
  fi
}

ready_made() { # what is installed, what the user's own index has, or the project's wheels
  set -- -m pip install --only-binary llama-cpp-python "$LLAMA"
  logged 'looking for llama.cpp ready-made' 'not in the package index' venv_python "$@" && return
  wheels_answer || return 1
  # Nothing but this one package is taken from there; what it needs comes from the usual index.
  logged 'fetching llama.cpp ready-made' 'not to be had' venv_python -m pip --timeout 5 --retries 1 install \
    --no-deps --only-binary llama-cpp-python --index-url "$WHEELS/$(flavour)" "$LLAMA" &&
    logged 'fetching what it needs' failed venv_python "$@"
}

flavour() {
  case $(uname -s):$(uname -m) in
    Darwin:arm64) echo metal ;;
    *) echo cpu ;;
  esac
}

wheels_answer() { # three seconds at most, the look-up of the name included
  [ -z "${PIP_NO_INDEX-}" ] && venv_python -c 'import os, ssl, sys, threading, urllib.error, urllib.request
watch = threading.Timer(3, os._exit, [1])
watch.daemon = True
watch.start()
try:
    urllib.request.urlopen(sys.argv[1], timeout=3)
except urllib.error.URLError as error:
    # Whose certificates are missing here is no matter: pip brings its own.
    os._exit(not isinstance(error.reason, ssl.SSLError))' "$WHEELS/$(flavour)/llama-cpp-python/"
}

build_llama() { # PIP-ARGUMENTS...
  can_build=yes
  compiler_works || can_build=no
  if [ "$can_build" = no ] && [ -z "$(venv_python -m pip cache list --format abspath llama_cpp_python)" ]; then
    fail 'llama.cpp must be built here, and no C++ compiler works.' "$(how_to_get compiler)"
  fi
  arguments=${CMAKE_ARGS-}
  [ "$(flavour)" != metal ] || arguments=${arguments:--DGGML_METAL=on}
  set -- env CMAKE_ARGS="$arguments" "$VENV/bin/python" -I -m pip install "$@" "$LLAMA"
  if [ "$can_build" = no ]; then
    logged 'taking the llama.cpp that was built before' 'it is not for this Python' "$@" ||
      fail 'llama.cpp must be built here, and no C++ compiler works.' "$(how_to_get compiler)"
  else
    step 'building llama.cpp (4 to 5 minutes on 2 cores; seconds when it was built before)' "$@"
  fi
  llama_works || fail 'llama.cpp was built but cannot be loaded.' "All that was said is in $LOG."
}

# It runs the code that is about to go. An environment that is broken cannot tell it so: then it gets a signal.
stop_daemon() {
  daemon=$(cat -- "$STATE/daemon.lock" 2>/dev/null) || daemon=''
  [ ! -x "$VENV/bin/caro" ] || "$VENV/bin/caro" daemon stop >/dev/null 2>&1 </dev/null || :
  tries=0
  while is_ours "$daemon" && [ "$tries" -lt 5 ]; do
    [ "$tries" = 0 ] || kill "$daemon" 2>/dev/null || :
    tries=$((tries + 1))
    sleep 1
  done
}

is_ours() { # PROCESS: whether it is alive and runs the Python of this environment
  [ -n "$1" ] || return 1
  case $({ tr '\0' ' ' <"/proc/$1/cmdline" || ps -p "$1" -o args=; } 2>/dev/null) in
    *"$VENV/bin/python"*) ;;
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
