# shellcheck shell=sh
# Sourced by install.sh and setup.sh: what was added, kind and path a line, so that it can be taken away.

note() { # KIND PATH
  grep -qxF -- "$1 $2" "$NOTES" 2>/dev/null || printf '%s %s\n' "$1" "$2" >>"$NOTES"
}

noted() { # KIND: the paths of this kind
  [ ! -f "$NOTES" ] || sed -n "s/^$1 //p" "$NOTES"
}

make_dir() { # PATH: makes it with its parents, and notes the ones that were not there
  missing='' dir=$1
  while [ ! -d "$dir" ]; do
    missing="$dir
$missing"
    dir=$(dirname -- "$dir")
  done
  mkdir -p -- "$1" 2>/dev/null || fail "$1 cannot be made." "Look at the rights of $dir, or choose --prefix DIR."
  printf '%s' "$missing" | while IFS= read -r dir; do note dir "$dir"; done
}

take_lock() {
  lock=$ROOT/installing
  if ! mkdir -- "$lock" 2>/dev/null; then
    other=$(cat -- "$lock/pid" 2>/dev/null || :)
    [ -z "$other" ] || ! kill -0 "$other" 2>/dev/null ||
      fail "Another $ME (process $other) is at work in $ROOT." 'Wait until it has ended.'
    mkdir -p -- "$lock" 2>/dev/null || fail "$ROOT cannot be written." 'Look at its rights, or choose --prefix DIR.'
  fi
  LOCKED=$lock
  printf '%s\n' "$$" >"$lock/pid"
}
