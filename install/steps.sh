# shellcheck shell=sh
# Sourced by install.sh and setup.sh: what they say, what they ask, and how they run what takes long.

say() { printf '%s\n' "$@"; }

fail() { # SENTENCE [NEXT-STEP]
  complain "$@"
  exit 1
}

misused() { # SENTENCE
  complain "$1" "Try: $AGAIN --help"
  exit 2
}

complain() { # SENTENCE [NEXT-STEP]
  printf '%s: %s\n' "$ME" "$1" >&2
  [ -z "${2-}" ] || printf '%s  %s\n' "$(printf '%s' "$ME" | sed 's/./ /g')" "$2" >&2
}

quote() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

short() { # PATH: with ~ for the home directory, as people write it
  case $1 in
    "$HOME"/*) printf '~%s' "${1#"$HOME"}" ;;
    *) printf '%s' "$1" ;;
  esac
}

ask() { # QUESTION: Enter means yes; the end of the input means no
  [ "$ASKING" = yes ] || return 0
  printf '%s [Y/n] ' "$1"
  read -r answer || return 1
  case $answer in
    '' | [Yy]*) return 0 ;;
    *) return 1 ;;
  esac
}

# The clock runs in the background and the work in front, so that Ctrl-C reaches the work.
start_clock() { # TITLE
  STARTED=$(date +%s) TITLE=$1
  if [ ! -t 1 ]; then
    say "  $TITLE ..."
    return
  fi
  printf '  %s ... ' "$TITLE"
  (
    trap '' INT
    while sleep 1 && kill -0 $$ 2>/dev/null; do
      printf '\r  %s ... %d s ' "$TITLE" $(($(date +%s) - STARTED))
    done
  ) &
  CLOCK=$!
}

stop_clock() { # [OUTCOME]
  if [ -n "$CLOCK" ]; then
    kill "$CLOCK" 2>/dev/null || :
    wait "$CLOCK" 2>/dev/null || :
    CLOCK=''
    printf '\r  %s ... %s (%d s)\n' "$TITLE" "${1:-stopped}" $(($(date +%s) - STARTED))
  elif [ -n "${1-}" ]; then
    say "  ... $1 ($(($(date +%s) - STARTED)) s)"
  fi
}

logged() { # TITLE OTHERWISE COMMAND...: runs it with its output in the log
  start_clock "$1"
  otherwise=$2
  shift 2
  printf '\n$ %s\n' "$*" >>"$LOG"
  if "$@" >>"$LOG" 2>&1 </dev/null; then
    stop_clock 'done'
  else
    stop_clock "$otherwise"
    return 1
  fi
}

step() { # TITLE COMMAND...: the end of everything when it fails
  title=$1
  shift
  logged "$title" failed "$@" || fail_step "$title"
}

fail_step() { # TITLE
  tail -n 15 -- "$LOG" >"$WORK/last"
  sed 's/^/    | /' "$WORK/last" >&2
  fail "This step failed: $1." "$(what_now) All of its output is in $LOG."
}

RUN_AGAIN='Run this again once that is mended.'

what_now() { # from pip's last words
  if grep -qE 'connection broken|Could not fetch URL' "$WORK/last"; then
    echo 'The package index cannot be reached: look at the network, and at what `pip config list` says.'
  elif grep -qi 'no space left' "$WORK/last"; then
    echo 'The disk is full: make some room, and run this again.'
  else
    echo "$RUN_AGAIN"
  fi
}

tidy() {
  stop_clock
  [ -z "$LOCKED" ] || rm -rf -- "$LOCKED"
  [ -z "$WORK" ] || rm -rf -- "$WORK"
}
