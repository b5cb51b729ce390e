# shellcheck shell=sh
# Sourced by install.sh: llama.cpp in the private environment, from the first of these that can be had: what is there
# and runs, a wheel of llama-cpp-python's, a build of it, and where there is no compiler, xllamacpp's wheel.

WHEELS=https://abetlen.github.io/llama-cpp-python/whl

install_engine() {
  read_requirements
  # A run that only repairs does not begin to build where it has not built before.
  if [ "$ENGINE" = auto ] && ! has_package llama-cpp-python && xllamacpp_works >/dev/null; then ENGINE=xllamacpp; fi
  case $ENGINE in
    llama) install_llama ;;
    xllamacpp) install_xllamacpp ;;
    auto) install_llama || {
      say '  so xllamacpp brings the same llama.cpp, ready-made' &&
        install_xllamacpp
    } ;;
  esac
}

read_requirements() {
  LLAMA=$(required | grep '^llama-cpp-python')
  XLLAMACPP=$(required xllamacpp)
}

# Sets CMAKE_ARGS to what --gpu means, or says what it lacks before anything is done.
plan_engine() {
  case $GPU in
    cuda)
      nvcc=$(find_nvcc) || fail 'CUDA cannot be built for: its compiler nvcc is not here.' \
        'Install the CUDA toolkit (https://developer.nvidia.com/cuda-downloads), then run this again.'
      export CUDACXX="${CUDACXX:-$nvcc}"
      ;;
    vulkan)
      vulkan_is_here || fail 'Vulkan cannot be built for: its compiler glslc, or headers as new as 1.3.272, are not here.' \
        "$(how_to_get vulkan) Where those are older: https://vulkan.lunarg.com"
      ;;
    metal)
      [ "$(flavour)" = metal ] || fail 'Metal cannot be built for: it is there on Apple silicon only.'
      ;;
  esac
  if [ -n "$GPU" ]; then
    compiler_works || fail 'llama.cpp must be built for a GPU, and no C++ compiler works.' "$(how_to_get compiler)"
    CMAKE_ARGS="${CMAKE_ARGS:+$CMAKE_ARGS }-DGGML_$(printf '%s' "$GPU" | tr '[:lower:]' '[:upper:]')=on"
    export CMAKE_ARGS
  fi
  # Who says how it is to be built wants it to be built.
  [ -z "${CMAKE_ARGS-}" ] || ENGINE=llama
}

find_nvcc() { # as CMake looks for it
  for nvcc in "${CUDACXX-}" "$(command -v nvcc)" "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" /opt/cuda/bin/nvcc; do
    [ ! -x "$nvcc" ] || [ -d "$nvcc" ] || { printf '%s\n' "$nvcc" && return; }
  done
  return 1
}

# llama.cpp sets a layer's settings, which came with Vulkan's headers of 1.3.272.
VULKAN_HEADERS='#include <vulkan/vulkan.h>
#ifndef VK_EXT_layer_settings
#error too old
#endif'

vulkan_is_here() {
  { command -v glslc >/dev/null 2>&1 || [ -x "${VULKAN_SDK:-/nowhere}/bin/glslc" ]; } &&
    compiles "$VULKAN_HEADERS" ${VULKAN_SDK:+-I"$VULKAN_SDK/include"}
}

engine_plan() { # what show_plan says of it
  case $ENGINE:$GPU in
    *:?*) echo "built here for $GPU: from 5 minutes to half an hour" ;;
    xllamacpp:) echo 'ready-made, by xllamacpp' ;;
    *) if [ "$ENGINE" = llama ] || compiler_works; then
      echo 'ready-made where it can be had, else built here: 4 to 5 minutes on 2 cores'
    else
      echo 'ready-made: by llama-cpp-python where it has a wheel, else by xllamacpp'
    fi ;;
  esac
}

# Fails only where something else is to be tried; else it is the end of everything.
install_llama() {
  if [ -n "${CMAKE_ARGS-}" ]; then
    if [ "$CMAKE_ARGS" = "$(cat -- "$VENV/cmake-args" 2>/dev/null)" ] && llama_works; then return; fi
    build_llama --no-cache-dir --force-reinstall
    printf '%s\n' "$CMAKE_ARGS" >"$VENV/cmake-args"
    [ -z "$GPU" ] || knows_a_gpu || say "  this llama.cpp was built for $GPU and finds no such device here"
  elif ready_made && llama_works; then
    return
  elif has_package llama-cpp-python; then
    say '  this llama.cpp does not run here'
    build_llama --no-binary llama-cpp-python --force-reinstall
  else
    build_llama
  fi
}

# It is the one in use only where the other is not: what is not to be used is taken out.
install_xllamacpp() {
  ! has_package llama-cpp-python ||
    step 'taking out llama-cpp-python' venv_python -m pip uninstall --yes llama-cpp-python
  rm -f -- "$VENV/cmake-args"
  if ! logged 'fetching xllamacpp' 'not to be had' venv_python -m pip install --only-binary xllamacpp "$XLLAMACPP"; then
    tail -n 15 -- "$LOG" >"$WORK/last"
    next=$(what_now)
    [ "$next" != "$RUN_AGAIN" ] || next=$(how_to_get compiler)
    [ "$ENGINE" = auto ] || fail 'xllamacpp cannot be fetched.' "$next"
    fail 'No llama.cpp is to be had: it cannot be built here, and xllamacpp cannot be fetched.' "$next"
  fi
  reason=$(xllamacpp_works) ||
    fail "xllamacpp $reason." "Build llama.cpp instead: ./install.sh --engine llama. $(how_to_get compiler)"
}

llama_works() { venv_python -c 'import llama_cpp; llama_cpp.llama_print_system_info()' >>"$LOG"; }

# Before caro is installed: its own code in the checkout knows how to ask.
xllamacpp_works() { # prints why not
  venv_python -B -c 'import sys
sys.path.insert(0, sys.argv[1])
from caro_shell.engines.installed import XLLAMACPP, examine
reason = examine(XLLAMACPP).trouble
print(reason)
sys.exit(bool(reason))' "$HERE"
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

knows_a_gpu() { venv_python -c 'import llama_cpp, sys; sys.exit(not llama_cpp.llama_supports_gpu_offload())'; }

was_built() { [ -n "$(venv_python -m pip cache list --format abspath llama_cpp_python)" ]; }

build_llama() { # PIP-ARGUMENTS...
  can_compile=yes
  compiler_works || can_compile=no
  if [ "$can_compile" = no ] && ! was_built; then
    not_built 'llama.cpp must be built here, and no C++ compiler works' "$(how_to_get compiler)"
    return 1
  fi
  arguments=${CMAKE_ARGS-}
  [ "$(flavour)" != metal ] || arguments=${arguments:--DGGML_METAL=on}
  set -- env CMAKE_ARGS="$arguments" "$VENV/bin/python" -I -m pip install "$@" "$LLAMA"
  if [ "$can_compile" = no ]; then
    logged 'taking the llama.cpp that was built before' 'it is not for this Python' "$@" || {
      not_built 'llama.cpp must be built here, and no C++ compiler works' "$(how_to_get compiler)"
      return 1
    }
  else
    title='building llama.cpp (4 to 5 minutes on 2 cores; seconds when it was built before)'
    logged "$title" failed "$@" || {
      [ "$ENGINE" != llama ] || fail_step "$title"
      return 1
    }
  fi
  llama_works || {
    not_built 'llama.cpp was built but cannot be loaded' "All that was said is in $LOG."
    return 1
  }
}

not_built() { # SENTENCE-WITHOUT-STOP NEXT-STEP: the end, unless there is another way
  [ "$ENGINE" = auto ] || fail "$1." "$2"
  say "  $1"
}
