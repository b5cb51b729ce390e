# shellcheck shell=sh
# Sourced by install.sh: a development environment in .venv, then every check and test.

run_tests() { # WORDS... -- PYTEST-ARGUMENTS...
  while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
  [ $# -eq 0 ] || shift
  cd -- "$HERE"
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/caro-shell
  mkdir -p -- "$cache"
  VENV=$HERE/.venv LOG=$cache/test.log FAILED=''
  : >"$LOG"
  keep_built_wheels
  get_programs
  find_python
  make_venv
  read_requirements
  ENGINE=llama
  install_llama
  install_for_developers
  get_models
  run_checks
  say '' '  pytest'
  status=0
  # Most of a test is waiting; the tests of one file follow each other.
  "$VENV/bin/python" -m pytest --numprocesses 2 --dist loadfile "$@" || status=$?
  [ -z "$FAILED" ] || fail "These checks failed:$FAILED."
  exit "$status"
}

# Where an engine has no wheel, its tests say so: in CI they fail, for a user they are passed over.
install_for_developers() {
  if logged 'installing caro, every engine and the tools of its developers' 'some engine has no wheel here' \
    venv_python -m pip install -e "$HERE[dev]"; then return; fi
  required dev | grep -v '^caro-shell\[' >"$WORK/required"
  step 'installing caro and the tools of its developers' \
    venv_python -m pip install -e "$HERE" --requirement "$WORK/required"
  for extra in xllamacpp mlx candle; do
    required "$extra" >"$WORK/required"
    logged "installing what the engine $extra needs" 'not to be had' \
      venv_python -m pip install --requirement "$WORK/required" || :
  done
}

# The install test builds on the llama.cpp that was built for .venv: it is found in pip's cache.
keep_built_wheels() {
  [ -n "${PIP_NO_CACHE_DIR-}" ] || return 0
  unset PIP_NO_CACHE_DIR
  export PIP_CACHE_DIR="$cache/pip"
}

get_programs() {
  wanted=''
  # ruby reads the Homebrew formula.
  for program in bash fish fzf ruby tmux zsh; do
    command -v "$program" >/dev/null 2>&1 || wanted="$wanted $program"
  done
  # What the tasks in evals/ are about; their sandbox is Linux's. nix-instantiate reads the Nix expression.
  if [ "$(uname -s)" = Linux ]; then
    for program in bc bzip2 column curl file git jq killall lsof netstat nix-instantiate ps ss tree unzip xz zip; do
      command -v "$program" >/dev/null 2>&1 || wanted="$wanted $program"
    done
  fi
  compiler_works || wanted="$wanted compiler"
  PYTHON='' TOO_OLD=''
  if [ "$MANAGER" = apt-get ] && ! python3 -c 'import ensurepip, venv' 2>/dev/null; then wanted="$wanted venv"; fi
  # shellcheck disable=SC2086  # words, none of which holds a blank
  [ -z "$wanted" ] || get $wanted
  for plugin in zsh-autosuggestions zsh-syntax-highlighting; do
    has_plugin "$plugin" || get "$plugin"
  done
}

has_plugin() { # NAME: where the distributions put it
  for share in /usr/share /usr/share/zsh/plugins /usr/local/share /opt/homebrew/share; do
    [ ! -r "$share/$1/$1.zsh" ] || return 0
  done
  return 1
}

get() { # NEED...: installs it when that is allowed without a question, else says what to type
  if { [ "$(id -u)" = 0 ] || [ "$MANAGER" = brew ] || sudo -n true 2>/dev/null; } &&
    logged "installing $*" 'not to be had' install_packages "$@"; then
    return
  fi
  say "  the tests want $*: $(how_to_get "$@")"
}

install_packages() { # NEED...
  # shellcheck disable=SC2046  # one word a package
  set -- $(for need in "$@"; do package_of "$need"; done)
  case $MANAGER in
    apt-get)
      as_root apt-get update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
      ;;
    dnf) as_root dnf install -y "$@" ;;
    pacman) as_root pacman -Sy --noconfirm --needed "$@" ;;
    apk) as_root apk add --no-cache "$@" ;;
    zypper) as_root zypper --non-interactive install "$@" ;;
    brew) brew install "$@" ;;
    *) return 1 ;;
  esac
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

get_models() {
  export CARO_TEST_MODELS="${CARO_MODELS_DIR:-$cache/models}"
  for model in tiny small; do
    CARO_MODELS_DIR=$CARO_TEST_MODELS "$VENV/bin/caro" models pull "$model" >>"$LOG" ||
      say "  the model $model could not be fetched; its tests cannot run"
  done
}

check() { # NAME COMMAND...: its output only when it fails
  name=$1
  shift
  if "$@" >"$WORK/check" 2>&1 </dev/null; then
    say "  $name: good"
  else
    say "  $name: failed" "$(sed 's/^/    | /' "$WORK/check")"
    FAILED="$FAILED $name"
  fi
}

run_checks() {
  bin=$VENV/bin
  check ruff "$bin/ruff" check .
  check ruff-format "$bin/ruff" format --check .
  check mypy "$bin/mypy"
  check shellcheck "$bin/shellcheck" -x -s sh install.sh tests/install/rc_block.sh
  check shfmt "$bin/shfmt" -i 2 -ci -d install.sh install .ci/run shell tests caro_shell/bench/shells caro_shell/tour ./*.zsh
  check shellcheck-bash check_each .ci/run shell/*.bash shell/bash/*.bash tests/shells/*.bash shell/completions/*.bash caro_shell/bench/shells/*.bash caro_shell/tour/*.bash -- "$bin/shellcheck" -s bash
  check sh-n check_each install.sh install/*.sh -- sh -n
  check bash-n check_each .ci/run shell/*.bash shell/bash/*.bash shell/completions/*.bash caro_shell/bench/shells/*.bash caro_shell/tour/*.bash -- bash -n
  ! command -v zsh >/dev/null || check zsh-n check_each *.zsh shell/*.zsh shell/zsh/*.zsh shell/completions/_caro caro_shell/bench/shells/*.zsh caro_shell/tour/*.zsh -- zsh -f -n
  command -v fish >/dev/null || return 0
  set -- shell/*.fish shell/*/*.fish caro_shell/tour/*.fish conf.d/*.fish tests/shells/*.fish caro_shell/bench/shells/*.fish
  check fish-n check_each "$@" -- fish --no-config --no-execute
  check fish-indent check_each "$@" -- fish_indent --check
}

check_each() { # FILE... -- COMMAND...: every file is looked at, and one that does not exist is passed over
  files="$WORK/files" good=yes
  : >"$files"
  while [ "$1" != -- ]; do
    [ ! -e "$1" ] || printf '%s\n' "$1" >>"$files"
    shift
  done
  shift
  while IFS= read -r file <&3; do "$@" "$file" || good=no; done 3<"$files"
  [ "$good" = yes ]
}
