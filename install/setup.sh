#!/bin/sh
# What `caro setup` and `caro uninstall` run: install.sh's other half, for a caro that pipx, uv, pip, Homebrew or Nix has
# put somewhere. setup.sh setup|uninstall PYTHON [OPTION…], where PYTHON has caro; the options have been looked at.
set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
ME=caro

# shellcheck source=install/steps.sh
. "$HERE/install/steps.sh"
# shellcheck source=install/notes.sh
. "$HERE/install/notes.sh"
# shellcheck source=install/places.sh
. "$HERE/install/places.sh"
# shellcheck source=install/package.sh
. "$HERE/install/package.sh"
# shellcheck source=install/model.sh
. "$HERE/install/model.sh"
# shellcheck source=install/rcfile.sh
. "$HERE/install/rcfile.sh"
# shellcheck source=install/welcome.sh
. "$HERE/install/welcome.sh"
# shellcheck source=install/removal.sh
. "$HERE/install/removal.sh"

read_options() {
  YES=no KEEP_MODELS=no SHELL_NAME='' RC_WANTED=yes MODEL='' PREFIX=''
  while [ $# -gt 0 ]; do
    case $1 in
      --yes) YES=yes ;;
      --keep-models) KEEP_MODELS=yes ;;
      --no-rc) RC_WANTED=no ;;
      --shell=*) SHELL_NAME=${1#*=} ;;
      --model=*) MODEL=${1#*=} ;;
      *) misused "There is no option $1." ;;
    esac
    shift
  done
}

# An environment that install.sh has made knows where the rest of it is; any other is its package manager's.
find_environment() { # PYTHON
  environment=$(dirname -- "$(dirname -- "$1")")
  beside=$(dirname -- "$environment")
  if grep -qxF -- "venv $environment" "$beside/installed" 2>/dev/null && [ "$beside" != "$(default_root)" ]; then
    PREFIX=$beside
  fi
  choose_places
  OWN_PYTHON=$1 PYTHON=$1 CARO=$environment/bin/caro
  other=$(noted venv)
  [ -z "$other" ] || [ "$other" = "$environment" ] ||
    fail "install.sh has put another caro into $(short "$ROOT")." "Use that one: $(quote "$other/bin/caro") $VERB, or take it away first."
  VENV=$environment
}

# The one beside the interpreter is the one to name; where there is none, the module does the same.
find_command() {
  [ ! -x "$CARO" ] || return 0
  CARO=$WORK/caro
  say '#!/bin/sh' "exec $(quote "$OWN_PYTHON") -I -m caro_shell \"\$@\"" >"$CARO"
  chmod 755 "$CARO"
}

show_plan() {
  say "This sets caro up for you ($(short "$OWN_PYTHON") has it):" ''
  case $MODEL:$OWN in
    none:*) say '  model   none' ;;
    *:yes) say "  model   $MODEL, where it is" ;;
    *) say "  model   $MODEL, $MODEL_SIZE, into $(short "$MODELS"): as long as your line takes for it" ;;
  esac
  say "  shell   $RC_WHY" ''
}

# What is not there yet cannot answer: that is said, with what mends it, and the rest is done all the same.
look_at_llama() {
  LLAMA=here
  "$OWN_PYTHON" -I -m caro_shell.setup.llama >"$WORK/llama" 2>>"$LOG" || LLAMA=missing
  sed 's/^/  /' "$WORK/llama"
}

say_what_next() {
  say ''
  case $LLAMA in
    here) say 'caro is set up.' ;;
    *) say 'caro is set up, except for llama.cpp (above).' ;;
  esac
  case $RC_MODE in
    edit) welcome caro ;;
    print) say "  For the key, put these lines into $(short "$RC"):" '' "$(block_text '' | sed '/^#/d')" '' ;;
    none) say "  In any shell: caro \"$REQUEST\"    ($RC_WHY)" ;;
  esac
  say '  To take all of it away again: caro uninstall'
}

setup() {
  read_model
  # Where nobody can be asked, the plan is what --yes would do.
  nobody=no
  [ "$YES$ASKING" != nono ] || { nobody=yes YES=yes; }
  plan_rc
  show_plan
  [ "$nobody" = no ] ||
    fail 'Nothing was changed: there is no terminal to ask at.' 'If this is what you want: caro setup --yes'
  ask 'Go ahead?' || fail 'Nothing was changed.'
  if [ "$RC_MODE" = edit ] && ! ask "And add the key to $(short "$RC")?"; then
    RC_MODE=print
  fi
  make_dir "$ROOT"
  take_lock
  : >"$LOG"
  make_dir "$(dirname -- "$STATE")"
  make_dir "$CACHES"
  fetch_model
  choose_model
  [ "$RC_MODE" != edit ] || write_block
  look_at_llama
  [ "$LLAMA" != here ] || try_it
  say_what_next
}

# Sets OWNER to the words that take the program itself away.
find_owner() {
  OWNER=''
  case $VENV/ in
    /nix/store/*) OWNER='nix profile remove caro-shell' ;;
    */Cellar/*) OWNER='brew uninstall caro-shell' ;;
    *)
      if [ -e "$VENV/uv-receipt.toml" ]; then
        OWNER='uv tool uninstall caro-shell'
      elif [ -e "$VENV/pipx_metadata.json" ]; then
        OWNER='pipx uninstall caro-shell'
      else
        OWNER="$(quote "$OWN_PYTHON") -m pip uninstall caro-shell"
      fi
      ;;
  esac
}

# pipx and uv have made an environment for caro alone, and take it away whole.
remove_program() {
  [ "$(basename -- "$VENV")" = caro-shell ] || OWNER="${OWNER%caro-shell}$(basename -- "$VENV")"
  case $OWNER in
    pipx* | uv*)
      if command -v "${OWNER%% *}" >/dev/null 2>&1 && ask "Remove the program too, by \`$OWNER\`?"; then
        # shellcheck disable=SC2086  # words, none of which holds a blank
        if $OWNER >"$WORK/owner" 2>&1; then OWNER=''; else sed 's/^/    | /' "$WORK/owner" >&2; fi
      fi
      ;;
  esac
  [ -z "$OWNER" ] || say "The program itself is left: $OWNER"
}

main() {
  LOCKED='' WORK='' CLOCK='' ASKING=no
  VERB=$1 AGAIN="caro $1" python=$2
  shift 2
  read_options "$@"
  # What other tools have put into the environment must not bend this one.
  unset PYTHONPATH PYTHONHOME
  find_environment "$python"
  [ "$YES" = yes ] || [ ! -t 0 ] || ASKING=yes
  WORK=$(mktemp -d)
  trap tidy EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  find_command
  case $VERB in
    setup) setup ;;
    uninstall) uninstall_all ;;
  esac
}

uninstall_all() {
  if [ "$YES" = no ] && [ "$ASKING" = no ]; then
    fail 'Nothing was changed: there is no terminal to ask at.' 'If this is what you want: caro uninstall --yes [--keep-models]'
  fi
  own=$(noted venv)
  [ -n "$own" ] || find_owner
  uninstall
  [ -n "$own" ] || remove_program
  [ "$LEFT_BEHIND" = no ]
}

main "$@"
exit
