#!/bin/sh
# Installs caro for one user, installs it again (repair, upgrade), takes it away, or runs the tests.
# Everything it adds is noted in ROOT/installed; --uninstall removes what stands there and nothing else.
set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# Who speaks, and what is to be typed to have it speak again.
ME=install.sh AGAIN=./install.sh

# shellcheck source=install/steps.sh
. "$HERE/install/steps.sh"
# shellcheck source=install/notes.sh
. "$HERE/install/notes.sh"
# shellcheck source=install/places.sh
. "$HERE/install/places.sh"
# shellcheck source=install/machine.sh
. "$HERE/install/machine.sh"
# shellcheck source=install/package.sh
. "$HERE/install/package.sh"
# shellcheck source=install/engine.sh
. "$HERE/install/engine.sh"
# shellcheck source=install/model.sh
. "$HERE/install/model.sh"
# shellcheck source=install/rcfile.sh
. "$HERE/install/rcfile.sh"
# shellcheck source=install/welcome.sh
. "$HERE/install/welcome.sh"
# shellcheck source=install/removal.sh
. "$HERE/install/removal.sh"
# shellcheck source=install/test.sh
. "$HERE/install/test.sh"

usage() {
  cat <<'TEXT'
usage: ./install.sh [--yes] [--shell zsh|bash|fish] [--no-rc] [--model NAME|none] [--engine NAME] [--gpu NAME]
                    [--prefix DIR]
       ./install.sh --uninstall [--yes] [--keep-models] [--prefix DIR]
       ./install.sh --test [-- PYTEST-ARGUMENTS]

  --yes          ask nothing; every answer is yes
  --shell NAME   the shell that gets the key (default: from $SHELL)
  --no-rc        leave the shell's rc file alone and print the lines instead
  --model NAME   tiny, small, auto or any other that `caro models` knows, the path of a GGUF file, or none
                 (default: the one in use, else small)
  --engine NAME  who brings llama.cpp: llama (llama-cpp-python, fetched or built for this machine) or xllamacpp
                 (ready-made for most CPUs; default: the one that is there, else llama, else xllamacpp)
  --gpu NAME     cuda, vulkan or metal: llama.cpp is built here for it
  --prefix DIR   put everything below DIR: DIR/venv, DIR/bin/caro, DIR/models
  --uninstall    remove exactly what was added
  --keep-models  with --uninstall: leave the models where they are, and do not ask
  --test         make a development environment in .venv and run every check and test

With a terminal it asks before it begins and before it touches the rc file. Without a terminal and without
--yes it installs, but leaves the rc file alone and prints the lines; --uninstall then keeps the models.
CMAKE_ARGS in the environment means that llama.cpp is built here with these arguments.
TEXT
}

read_options() {
  ACTION=install YES=no KEEP_MODELS=no SHELL_NAME='' RC_WANTED=yes MODEL='' PREFIX='' ENGINE=auto GPU=''
  while [ $# -gt 0 ]; do
    case $1 in
      --shell | --model | --prefix | --engine | --gpu)
        [ $# -gt 1 ] || misused "$1 needs a value."
        set_option "$1" "$2"
        shift
        ;;
      --shell=* | --model=* | --prefix=* | --engine=* | --gpu=*) set_option "${1%%=*}" "${1#*=}" ;;
      -y | --yes) YES=yes ;;
      --no-rc) RC_WANTED=no ;;
      --keep-models) KEEP_MODELS=yes ;;
      --uninstall) ACTION=uninstall ;;
      --test) ACTION='test' ;;
      -h | --help)
        usage
        exit 0
        ;;
      --) [ "$ACTION" != 'test' ] || return 0 && misused 'Only --test takes words after --.' ;;
      *) misused "There is no option $1." ;;
    esac
    shift
  done
  [ "$ENGINE:${GPU:+gpu}" != xllamacpp:gpu ] || misused '--gpu builds llama-cpp-python, so it does not go with xllamacpp.'
}

set_option() { # OPTION VALUE
  [ -n "$2" ] || misused "$1 needs a value."
  case $1:$2 in
    --shell:zsh | --shell:bash | --shell:fish) SHELL_NAME=$2 ;;
    --shell:*) misused "--shell is zsh, bash or fish, not $2." ;;
    --prefix:*[[:cntrl:]]*) misused '--prefix cannot hold control characters.' ;;
    --prefix:/) misused '--prefix cannot be the root directory.' ;;
    --prefix:/*) PREFIX=${2%/} ;;
    --prefix:*) PREFIX=$PWD/${2%/} ;;
    --model:*) MODEL=$2 ;;
    --engine:llama | --engine:xllamacpp) ENGINE=$2 ;;
    --engine:*) misused "--engine is llama or xllamacpp, not $2." ;;
    --gpu:cuda | --gpu:vulkan | --gpu:metal) GPU=$2 ;;
    --gpu:*) misused "--gpu is cuda, vulkan or metal, not $2." ;;
  esac
}

show_plan() {
  say "caro will be installed from $HERE:" ''
  say "  environment  $(short "$VENV"), with $PYTHON: half a minute"
  say "  llama.cpp    $(engine_plan)"
  case $MODEL:$OWN in
    none:*) say '  model        none' ;;
    *:yes) say "  model        $MODEL, where it is" ;;
    *) say "  model        $MODEL, $MODEL_SIZE, into $(short "$MODELS"): as long as your line takes for it" ;;
  esac
  say "  command      $(short "$LINK")"
  say "  shell        $RC_WHY" ''
}

say_what_next() {
  say '' 'caro is installed.'
  case :$PATH: in
    *":$BIN:"*) ;;
    *) say "  $(short "$BIN") is not on your PATH; call it by $(short "$LINK"), or add: export PATH=$(quote "$BIN"):\$PATH" ;;
  esac
  case $RC_MODE in
    edit) welcome "$(called)" ;;
    print)
      say "  For the key, put these lines into $(short "$RC"):" '' "$(block_text '' | sed '/^#/d')" ''
      ;;
    none) say "  In any shell: caro \"$REQUEST\"    ($RC_WHY)" ;;
  esac
  say "  To take it away: $HERE/install.sh --uninstall${PREFIX:+ --prefix $(quote "$PREFIX")}"
}

install() {
  find_python
  read_model
  plan_engine
  plan_rc
  show_plan
  ask 'Go ahead?' || fail 'Nothing was changed.'
  if [ "$RC_MODE" = edit ] && ! ask "And add the key to $(short "$RC")?"; then
    RC_MODE=print
  fi
  make_dir "$ROOT"
  take_lock
  : >"$LOG"
  own_venv
  stop_daemon
  make_venv
  install_engine
  install_caro
  link_command
  link_page
  make_dir "$(dirname -- "$STATE")"
  make_dir "$CACHES"
  fetch_model
  choose_model
  [ "$RC_MODE" != edit ] || write_block
  try_it
  say_what_next
}

main() {
  LOCKED='' WORK='' CLOCK='' ASKING=no
  read_options "$@"
  # What other tools have put into the environment must not bend this one.
  unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX
  export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1
  choose_places
  find_manager
  [ "$YES" = yes ] || [ ! -t 0 ] || ASKING=yes
  WORK=$(mktemp -d)
  trap tidy EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  case $ACTION in
    install) install ;;
    uninstall)
      uninstall
      [ "$LEFT_BEHIND" = no ]
      ;;
    'test') run_tests "$@" ;;
  esac
}

main "$@"
