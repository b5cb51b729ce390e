# shellcheck shell=sh
# Sourced by install.sh and setup.sh: takes away what was noted or made since, and nothing else. It needs no caro that works, and
# may be run again.

uninstall() {
  LEFT_BEHIND=no
  find_state
  if [ -f "$NOTES" ]; then
    say 'caro will be removed:' "  $(short "$ROOT")"
    noted link | while IFS= read -r link; do say "  $(short "$link")"; done
    noted rc | while IFS= read -r rc; do say "  its lines in $(short "$rc")"; done
  else
    say "No installation is noted in $(short "$ROOT"); only what caro makes by itself is looked for, and its lines in the rc files."
  fi
  ask 'Go ahead?' || fail 'Nothing was changed.'
  stop_daemon
  { noted rc && for shell in zsh bash fish; do rc_file "$shell"; done; } | sort -u >"$WORK/rcs"
  while IFS= read -r rc <&3; do remove_block "$rc"; done 3<"$WORK/rcs"
  remove_login_start
  remove_state
  remove_cache
  remove_config
  remove_models
  remove_noted
  say_what_stays
  say 'caro is removed.'
}

remove_noted() {
  noted link | while IFS= read -r link; do
    case $(readlink -- "$link" 2>/dev/null) in
      "$VENV/bin/caro" | "$VENV/share/man/man1/caro.1") rm -f -- "$link" ;;
    esac
  done
  noted file | while IFS= read -r file; do rm -f -- "$file"; done
  [ "$(noted venv)" != "$VENV" ] || rm -rf -- "$VENV"
  # The deepest first; one that holds something else stays.
  noted dir | sort -r >"$WORK/dirs"
  # What stays is still ours: a later run knows it by these notes.
  : >"$WORK/kept"
  if [ -n "$KEPT" ]; then
    noted dir | sed 's/^/dir /' >"$WORK/kept"
    sed 's/^/model /' "$WORK/models" >>"$WORK/kept"
  fi
  rm -f -- "$LOG" "$NOTES"
  while IFS= read -r dir; do rmdir -- "$dir" 2>/dev/null || :; done <"$WORK/dirs"
  [ -z "$KEPT" ] || ! mkdir -p -- "$ROOT" || cp -- "$WORK/kept" "$NOTES"
}

say_what_stays() {
  if [ -z "$KEPT" ] && [ -d "$ROOT" ]; then
    say "$(short "$ROOT") stays: it holds $(cd -- "$ROOT" && find . ! -name . -prune | sed 's:^\./::' | tr '\n' ' ')"
  fi
  for file in "$CONFIG" "$(dirname -- "$CONFIG")/abbreviations" "$(dirname -- "$CONFIG")/danger.toml"; do
    [ ! -f "$file" ] || say "$(short "$file") is yours, and stays."
  done
}

# What `caro daemon install` has made, unless it starts another installation.
remove_login_start() {
  run_caro daemon uninstall >/dev/null 2>&1 </dev/null || :
  case ${XDG_CONFIG_HOME-} in
    /*) units=$XDG_CONFIG_HOME/systemd/user ;;
    *) units=$HOME/.config/systemd/user ;;
  esac
  # An environment that is broken could not take it away.
  for file in "$units/caro.service" "$HOME/Library/LaunchAgents/caro-shell.plist"; do
    if grep -qF 'caro daemon uninstall' "$file" 2>/dev/null && grep -qF -- "$(dirname -- "$OWN_PYTHON")/" "$file"; then
      rm -f -- "$file" "$units/default.target.wants/caro.service"
    fi
  done
}

remove_config() { # unless it was edited
  noted config | while read -r sum file; do
    [ ! -f "$file" ] || [ "$(sum_of "$file")" != "$sum" ] || rm -f -- "$file"
  done
}

remove_models() {
  KEPT=''
  own_weights >"$WORK/models"
  [ -s "$WORK/models" ] || return 0
  while IFS= read -r file; do say "  $(short "$file"), $(($(wc -c <"$file") / 1000000)) MB"; done <"$WORK/models" >"$WORK/list"
  [ "$ASKING" = no ] || [ "$KEEP_MODELS" = yes ] || cat -- "$WORK/list"
  if [ "$KEEP_MODELS" = no ] && { [ "$YES" = yes ] || { [ "$ASKING" = yes ] && ask "Remove the models too?"; }; }; then
    while IFS= read -r file; do rm -f -- "$file"; done <"$WORK/models"
  else
    KEPT=yes
    say 'The models stay:' "$(cat -- "$WORK/list")"
  fi
  remove_beside
}

# What the installer fetched; and in the directory that is caro's own, also what a later pull has put there.
own_weights() {
  {
    noted model
    [ "$MODELS" != "$ROOT/models" ] || weights | while IFS= read -r file; do
      { [ ! -e "$file.verified" ] && [ ! -e "$file.record" ]; } || printf '%s\n' "$file"
    done
  } | sort -u | while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
}

# Locks and records of downloads carry the names of the weights they belong to.
remove_beside() {
  find "$MODELS" -type f \( -name '*.gguf.verified' -o -name '*.gguf.lock' -o -name '*.gguf.stand-in' -o -name '*.gguf.record' \
    -o -name '*.gguf.partial' -o -name '*.gguf.partial.json' \) 2>/dev/null >"$WORK/leftovers" || :
  while IFS= read -r file; do
    [ -e "${file%.gguf.*}.gguf" ] || rm -f -- "$file"
  done <"$WORK/leftovers"
}

# Where the home's path is too long for a socket, the daemon's directory lies elsewhere.
find_state() {
  if [ -n "${CARO_RUNTIME_DIR-}" ] || [ -n "$PREFIX" ]; then return; fi
  for python in "$OWN_PYTHON" python3; do
    found=$("$python" -I -B -c 'import os, sys
sys.path.append(sys.argv[1])
from caro_shell.paths import runtime_dir
print(runtime_dir(os.environ))' "$HERE" 2>/dev/null) || continue
    STATE=$found
    return
  done
}

# What tools can do and what was evaluated of prompts: only caro writes there, and can find it out again.
remove_cache() {
  [ ! -d "$CACHES/caro" ] || [ -L "$CACHES/caro" ] || rm -rf -- "$CACHES/caro"
}

# The daemon's directory. One that the user has chosen may hold more, and loses what is the daemon's.
remove_state() {
  chosen=${CARO_RUNTIME_DIR:-$STATE}
  if is_ours_to_remove "$STATE"; then rm -rf -- "$STATE"; fi
  if [ "$chosen" != "$STATE" ] && is_ours_to_remove "$chosen"; then
    rm -f -- "$chosen"/caro.sock "$chosen"/daemon.lock "$chosen"/spawn.lock "$chosen"/daemon.log "$chosen"/answer.*
    remove_learned "$chosen"
  fi
  # What was learnt of answers lies beside it.
  state=$HOME/.local/state/caro
  [ "$STATE" != "$ROOT/run" ] || return 0
  remove_learned "$state"
  rmdir -- "$state" 2>/dev/null || :
}

remove_learned() { # DIR
  for end in '' -wal -shm .broken; do rm -f -- "$1/learned.sqlite3$end"; done
  rm -f -- "$1/requests" # of `caro` at a terminal
}

is_ours_to_remove() { [ -d "$1" ] && [ ! -L "$1" ] && [ -n "$(find "$1" -prune -user "$(id -u)")" ]; }
