# shellcheck shell=sh
# Sourced by install.sh and setup.sh: where everything is put. PREFIX, and what the environment says, decide.

choose_places() {
  [ -d "${HOME-}" ] || fail 'HOME is not set to a directory.' "Try: HOME=/your/home $AGAIN"
  [ "$(id -u)" != 0 ] || [ -z "${SUDO_USER-}" ] || [ -n "$(find "$HOME" -prune -user 0)" ] ||
    fail "This would put files of root into $HOME." 'Run it without sudo: caro is installed for one user.'
  ROOT=$(default_root)
  BIN=$HOME/.local/bin STATE=$HOME/.local/state/caro/run
  [ -z "$PREFIX" ] || keep_below_prefix
  VENV=$ROOT/venv LINK=$BIN/caro NOTES=$ROOT/installed LOG=$ROOT/install.log
  OWN_PYTHON=$VENV/bin/python
  MODELS=${CARO_MODELS_DIR:-$ROOT/models}
  CONFIG=${CARO_CONFIG:-$(platform_dir "${XDG_CONFIG_HOME-}" "$HOME/.config")/caro/config.toml}
  CACHES=$(platform_dir "${XDG_CACHE_HOME-}" "$HOME/.cache" Caches)
  [ -n "$SHELL_NAME" ] || SHELL_NAME=$(basename -- "${SHELL:-unknown}")
  RC=$(rc_file "$SHELL_NAME")
}

default_root() { echo "$(platform_dir "${XDG_DATA_HOME-}" "$HOME/.local/share")/caro"; }

platform_dir() { # XDG-SETTING XDG-DEFAULT [ON-MACOS]: as platformdirs has it, which caro asks for the same places
  case $1:$(uname -s) in
    /*) printf '%s' "$1" ;;
    *:Darwin) printf '%s' "$HOME/Library/${3:-Application Support}" ;;
    *) printf '%s' "$2" ;;
  esac
}

# With --prefix nothing is shared with another installation of the same user.
keep_below_prefix() {
  ROOT=$PREFIX BIN=$PREFIX/bin
  export CARO_MODELS_DIR="${CARO_MODELS_DIR:-$ROOT/models}" CARO_CONFIG="${CARO_CONFIG:-$ROOT/config.toml}"
  # A socket's name has room for 103 bytes; a longer one stays where it would be without --prefix.
  [ "$(printf '%s' "$ROOT/run/caro.sock" | wc -c)" -le 103 ] || return 0
  STATE=$ROOT/run
  export CARO_RUNTIME_DIR="${CARO_RUNTIME_DIR:-$STATE}"
}
