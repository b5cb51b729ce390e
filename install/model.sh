# shellcheck shell=sh
# Sourced by install.sh and setup.sh: which model, where its bytes come from, that it is the one in use and answers.

REQUEST='find all python files modified in the last day'

# Sets MODEL to the name or path that is used from now on, OWN to whether it is a file of the user's that stays where
# it is, GIVEN to the file that a model of the catalogue comes from, MODEL_SIZE for people.
read_model() {
  GIVEN='' MODEL_SIZE='' OWN=no configured=no
  if [ -z "$MODEL" ]; then
    # Not a word about the model: the one in use stays; else it is the default.
    configured=configured
    MODEL=$(configured_model) || MODEL=small
  fi
  [ "$MODEL" != none ] || return 0
  if [ "$configured" = no ] && [ -f "$MODEL" ]; then
    GIVEN=$(CDPATH='' cd -- "$(dirname -- "$MODEL")" && pwd)/$(basename -- "$MODEL")
  fi
  status=0
  "$PYTHON" -I -B "$HERE/install/model.py" "$MODEL" "$GIVEN" "$configured" >"$WORK/model" || status=$?
  MODEL=$(sed -n 1p "$WORK/model") MODEL_SIZE=$(sed -n 2p "$WORK/model")
  case $status in
    0) ;;
    3) OWN=yes GIVEN='' ;;
    *) fail "$MODEL" "$MODEL_SIZE" ;;
  esac
}

fetch_model() {
  if [ "$MODEL" = none ] || [ "$OWN" = yes ]; then return; fi
  make_dir "$MODELS"
  set -- models pull "$MODEL"
  [ -z "$GIVEN" ] || set -- "$@" --from "$GIVEN"
  weights >"$WORK/before"
  status=0
  "$CARO" "$@" >>"$LOG" || status=$?
  # What came is noted even when the pull failed in the end.
  weights | while IFS= read -r file; do
    grep -qxF -- "$file" "$WORK/before" || note model "$file"
  done
  [ "$status" = 0 ] || fail "The model $MODEL could not be fetched." 'Run this again, with --model tiny or with a GGUF file you have.'
}

weights() { find "$MODELS" -name '*.gguf' 2>/dev/null || :; }

# The model that was asked for is the one that answers; a configuration of the user's own is never edited.
choose_model() {
  if [ "$MODEL" = none ] || [ "$(configured_model)" = "$MODEL" ]; then return; fi
  line="model = \"$(printf '%s' "$MODEL" | sed 's/[\\"]/\\&/g')\""
  if [ -e "$CONFIG" ] && ! grep -qxF -- "config $(sum_of "$CONFIG") $CONFIG" "$NOTES"; then
    say "  $(short "$CONFIG") is yours and stays; to use this model, put there: $line"
    export CARO_MODEL="$MODEL"
    return
  fi
  make_dir "$(dirname -- "$CONFIG")"
  say '# Written by install.sh --model.' "$line" >"$CONFIG"
  note "config $(sum_of "$CONFIG")" "$CONFIG"
  say "  $(short "$CONFIG") now says: $line"
}

# Asked of the checkout, not of the environment: that one may be missing, or in need of repair.
configured_model() {
  "$PYTHON" -I -B -c 'import sys
sys.path.insert(0, sys.argv[1])
from caro_shell.config import resolve
print(resolve({}, sys.argv[2]).model)' "$HERE" "$CONFIG" 2>/dev/null
}

sum_of() { cksum <"$1" | tr ' ' -; }

try_it() {
  [ "$MODEL" != none ] || return 0
  say "  \$ caro \"$REQUEST\""
  start_clock 'loading the model and answering'
  "$CARO" "$REQUEST" >"$WORK/answer" 2>"$WORK/remarks" </dev/null || {
    stop_clock failed
    sed 's/^/    | /' "$WORK/remarks" >&2
    fail 'caro is installed, but did not answer.' "Try: $CARO doctor"
  }
  stop_clock 'done'
  say '' "$(sed 's/^/      /' "$WORK/answer")"
}
