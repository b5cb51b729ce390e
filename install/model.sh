# shellcheck shell=sh
# Sourced by install.sh: which model, where its bytes come from, and that it is the one in use.

# Sets MODEL to the name or path that is used from now on, GIVEN to the file it comes from, MODEL_SIZE for people.
read_model() {
  GIVEN='' MODEL_SIZE=''
  if [ -z "$MODEL" ]; then
    # Not a word about the model: the one in use stays, a file where it is; else it is the default.
    MODEL=$(configured_model) || MODEL=small
    ! is_own_file || return 0
  fi
  [ "$MODEL" != none ] || return 0
  if [ -f "$MODEL" ]; then
    GIVEN=$(CDPATH='' cd -- "$(dirname -- "$MODEL")" && pwd)/$(basename -- "$MODEL")
  fi
  found=$("$PYTHON" -I -c 'import hashlib, os, sys, tomllib
wanted, given = sys.argv[2:]
size = os.path.getsize(given) if given else -1
for name, entry in tomllib.load(open(sys.argv[1], "rb")).items():
    if name == wanted or entry["bytes"] == size and \
            hashlib.file_digest(open(given, "rb"), "sha256").hexdigest() == entry["sha256"]:
        print("%.1f" % (entry["bytes"] / 1e9), name)
        break' "$HERE/caro_shell/models/catalogue.toml" "$MODEL" "$GIVEN")
  if [ -n "$found" ]; then
    MODEL=${found#* } MODEL_SIZE="${found%% *} GB"
  elif [ -n "$GIVEN" ]; then
    MODEL=$GIVEN
  else
    fail "There is no model and no file called $MODEL." 'Try: --model tiny, --model small, or the path of a GGUF file.'
  fi
}

is_own_file() { case $MODEL in */* | *.gguf) ;; *) return 1 ;; esac }

fetch_model() {
  if [ "$MODEL" = none ] || is_own_file; then return; fi
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
