# shellcheck shell=sh
# Sourced by install.sh: takes away what was noted, and nothing else.

uninstall() {
  if [ -f "$NOTES" ]; then
    say 'caro will be removed:' "  $(short "$ROOT")" "  $(short "$LINK")"
    noted rc | sed 's/^/  its lines in /'
    find_state
  else
    say "No installation is noted in $(short "$ROOT"); only its lines are looked for, in the rc files."
  fi
  ask 'Go ahead?' || fail 'Nothing was changed.'
  stop_daemon
  { noted rc && for shell in zsh bash fish; do rc_file "$shell"; done; } | sort -u >"$WORK/rcs"
  while IFS= read -r rc <&3; do remove_block "$rc"; done 3<"$WORK/rcs"
  [ ! -f "$NOTES" ] || remove_noted
  say 'caro is removed.'
}

remove_noted() {
  noted link | while IFS= read -r link; do
    [ "$(readlink -- "$link" 2>/dev/null)" != "$VENV/bin/caro" ] || rm -f -- "$link"
  done
  noted file | while IFS= read -r file; do rm -f -- "$file"; done
  remove_login_start
  remove_config
  remove_models
  remove_state
  remove_cache
  [ "$(noted venv)" != "$VENV" ] || rm -rf -- "$VENV"
  # The deepest first; one that holds something else stays.
  noted dir | sort -r >"$WORK/dirs"
  # What stays is still ours: a later --uninstall knows it by these notes.
  if [ -n "$KEPT" ]; then grep -E '^(model|dir) ' "$NOTES" >"$WORK/kept"; fi
  rm -f -- "$LOG" "$NOTES"
  while IFS= read -r dir; do rmdir -- "$dir" 2>/dev/null || :; done <"$WORK/dirs"
  [ -z "$KEPT" ] || cp -- "$WORK/kept" "$NOTES"
  [ -n "$KEPT" ] || [ ! -d "$ROOT" ] || say "$(short "$ROOT") stays: it holds $(cd -- "$ROOT" && find . ! -name . -prune | tr '\n' ' ')"
}

# What `caro daemon install` has made, unless it starts another installation.
remove_login_start() {
  "$VENV/bin/caro" daemon uninstall >/dev/null 2>&1 </dev/null || :
  case ${XDG_CONFIG_HOME-} in
    /*) units=$XDG_CONFIG_HOME/systemd/user ;;
    *) units=$HOME/.config/systemd/user ;;
  esac
  # An environment that is broken could not take it away.
  for file in "$units/caro.service" "$HOME/Library/LaunchAgents/caro-shell.plist"; do
    if grep -qF 'caro daemon uninstall' "$file" 2>/dev/null && grep -qF -- "$VENV/bin/" "$file"; then
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
  [ -n "$(noted model)" ] || return 0
  if [ "$YES" = yes ] || { [ "$ASKING" = yes ] && ask "Remove the models too?"; }; then
    noted model | while IFS= read -r file; do
      rm -f -- "$file"
    done
    # Locks and records of downloads carry the names of the weights they belong to.
    find "$MODELS" -type f \( -name '*.gguf.verified' -o -name '*.gguf.lock' -o -name '*.gguf.stand-in' \
      -o -name '*.gguf.partial' -o -name '*.gguf.partial.json' \) 2>/dev/null >"$WORK/leftovers" || :
    while IFS= read -r file; do
      [ -e "${file%.gguf.*}.gguf" ] || rm -f -- "$file"
    done <"$WORK/leftovers"
  else
    KEPT=yes
    say 'The models stay:' "$(noted model | sed 's/^/  /')"
  fi
}

# Where the home's path is too long for a socket, the daemon's directory lies elsewhere.
find_state() {
  if [ -n "${CARO_RUNTIME_DIR-}" ] || [ -n "$PREFIX" ]; then return; fi
  found=$("$VENV/bin/python" -I -c 'import os; from caro_shell.paths import runtime_dir; print(runtime_dir(os.environ))' 2>/dev/null) ||
    return 0
  STATE=$found
}

# What tools can do and what was evaluated of prompts: only caro writes there, and can find it out again.
remove_cache() {
  for caches in "${XDG_CACHE_HOME:-$HOME/.cache}" "$HOME/Library/Caches"; do
    [ -d "$caches/caro" ] && [ ! -L "$caches/caro" ] || continue
    rm -rf -- "$caches/caro"
    # Gone, too, if there was none before.
    rmdir -- "$caches" 2>/dev/null || :
  done
}

remove_state() { # the daemon's directory; one that the user has chosen is left as it is
  [ ! -d "$STATE" ] || [ -L "$STATE" ] || [ -z "$(find "$STATE" -prune -user "$(id -u)")" ] || rm -rf -- "$STATE"
  # What was learnt of answers lies beside it.
  state=$HOME/.local/state/caro
  [ "$STATE" = "$state/run" ] || return 0
  for end in '' -wal -shm .broken; do rm -f -- "$state/learned.sqlite3$end"; done
  rmdir -- "$state" 2>/dev/null || :
}
