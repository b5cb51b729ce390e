# shellcheck shell=sh
# Sourced by install.sh: what this machine has, and how to get what it lacks.

find_manager() {
  for MANAGER in apt-get dnf pacman apk zypper brew ''; do
    [ -n "$MANAGER" ] && command -v "$MANAGER" >/dev/null 2>&1 && break
  done
  SUDO='sudo '
  [ "$(id -u)" != 0 ] && [ "$MANAGER" != brew ] || SUDO=''
}

package_of() { # NEED: its package here
  case $1:$MANAGER in
    compiler:apt-get | compiler:apk) echo g++ ;;
    compiler:dnf | compiler:zypper) echo gcc-c++ ;;
    compiler:pacman) echo gcc ;;
    vulkan:apt-get) echo 'libvulkan-dev glslc spirv-headers' ;;
    vulkan:dnf) echo 'vulkan-headers vulkan-loader-devel glslc spirv-headers-devel' ;;
    vulkan:pacman) echo 'vulkan-headers vulkan-icd-loader shaderc spirv-headers' ;;
    vulkan:zypper) echo 'vulkan-devel shaderc spirv-headers' ;;
    vulkan:apk) echo 'vulkan-loader-dev shaderc spirv-headers' ;;
    vulkan:*) echo 'the Vulkan SDK (https://vulkan.lunarg.com)' ;;
    venv:apt-get)
      case ${PYTHON##*/} in
        '' | python3) echo python3-venv ;;
        *) echo "${PYTHON##*/}-venv" ;;
      esac
      ;;
    column:apt-get) echo bsdextrautils ;;
    column:*) echo util-linux ;;
    killall:*) echo psmisc ;;
    netstat:*) echo net-tools ;;
    nix-instantiate:apt-get) echo nix-bin ;;
    nix-instantiate:*) echo nix ;;
    ps:apt-get | ps:apk | ps:zypper) echo procps ;;
    ps:*) echo procps-ng ;;
    ss:dnf) echo iproute ;;
    ss:*) echo iproute2 ;;
    xz:apt-get) echo xz-utils ;;
    # A Python that is there but too old means that the distribution's newer ones have names of their own.
    python:apt-get) echo "python3${TOO_OLD:+.11} python3${TOO_OLD:+.11}-venv" ;;
    python:dnf) echo "python3${TOO_OLD:+.11}" ;;
    python:zypper) echo "python3${TOO_OLD:+11}" ;;
    python:pacman | python:brew) echo python ;;
    python:* | venv:*) echo python3 ;;
    compiler:*) echo 'a C++ compiler' ;;
    *) echo "$1" ;;
  esac
}

how_to_get() { # NEED...: the sentence that says what to type
  packages=$(for need in "$@"; do package_of "$need"; done | tr '\n' ' ')
  packages=${packages% }
  case $1:$(uname -s):$MANAGER in
    compiler:Darwin:*) echo 'Try: xcode-select --install' ;;
    vulkan:*:brew) echo 'Install the Vulkan SDK (https://vulkan.lunarg.com), then run this again.' ;;
    *:) echo "Install $packages, then run this again." ;;
    *:pacman) echo "Try: ${SUDO}pacman -S $packages" ;;
    *:apk) echo "Try: ${SUDO}apk add $packages" ;;
    *) echo "Try: $SUDO$MANAGER install $packages" ;;
  esac
}

# Looks at every directory of PATH: a version manager's shim that cannot run hides a Python that can.
find_python() {
  PYTHON='' TOO_OLD='' NO_VENV=''
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    rest=$PATH:
    while [ -n "$rest" ]; do
      dir=${rest%%:*} rest=${rest#*:}
      if [ -x "$dir/$name" ] && usable_python "$dir/$name"; then return; fi
    done
  done
  PYTHON=$NO_VENV
  [ -z "$PYTHON" ] || fail "$PYTHON cannot make environments: its ensurepip is missing." "$(how_to_get venv)"
  fail "Python 3.11 or newer is needed${TOO_OLD:+; the one here is $TOO_OLD}." "$(how_to_get python)"
}

usable_python() { # PROGRAM: sets PYTHON to the interpreter itself, behind any shim
  # Without the command line tools, macOS answers /usr/bin/python3 with a dialogue.
  case $1:$(uname -s) in
    /usr/bin/python3:Darwin) xcode-select -p >/dev/null 2>&1 || return 1 ;;
  esac
  about=$("$1" -I -c 'import sys; print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null </dev/null) || return 1
  case ${about%% *} in
    3.1[1-9] | 3.[2-9][0-9]) ;;
    [23].*)
      TOO_OLD=${about%% *}
      return 1
      ;;
    *) return 1 ;;
  esac
  if "${about#* }" -I -c 'import ensurepip, venv' 2>/dev/null; then
    PYTHON=${about#* }
  else
    NO_VENV=${NO_VENV:-${about#* }}
    return 1
  fi
}

compiler_works() { compiles '#include <vector>'; }

compiles() { # LINES ARGUMENTS...: whether some C++ compiler makes a program that begins with LINES
  [ "$(uname -s)" != Darwin ] || xcode-select -p >/dev/null 2>&1 || return 1
  lines=$1
  shift
  for compiler in "${CXX-}" c++ g++ clang++; do
    [ -n "$compiler" ] || continue
    # shellcheck disable=SC2086  # CXX may hold arguments
    printf '%s\nint main() { return 0; }\n' "$lines" | $compiler "$@" -x c++ -o "$WORK/probe" - 2>/dev/null && return 0
  done
  return 1
}
