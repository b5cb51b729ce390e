# shellcheck shell=sh
# Sourced by install.sh: which model, where its bytes come from, and that it is the one in use.

# Sets MODEL to the name or path that is used from now on, GIVEN to the file it comes from, MODEL_SIZE for people.
read_model() {
  GIVEN='' MODEL_SIZE=''
  if [ -z "$MODEL" ]; then
    # Installed again without a word about the model: the one in use stays, a file where it is.
    MODEL=$(LOG=/dev/null && configured_model) || MODEL=small
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
  config=$(venv_python -c 'import os; from caro_shell.paths import config_file; print(config_file(os.environ))')
  line="model = \"$(printf '%s' "$MODEL" | sed 's/[\\"]/\\&/g')\""
  if [ -e "$config" ] && ! grep -qxF -- "config $(sum_of "$config") $config" "$NOTES"; then
    say "  $(short "$config") is yours and stays; to use this model, put there: $line"
    export CARO_MODEL="$MODEL"
    return
  fi
  make_dir "$(dirname -- "$config")"
  say '# Written by install.sh --model.' "$line" >"$config"
  note "config $(sum_of "$config")" "$config"
  say "  $(short "$config") now says: $line"
}

configured_model() { (
  unset CARO_MODEL
  venv_python -c 'from caro_shell.config import current; print(current().model)'
); }

sum_of() { cksum <"$1" | tr ' ' -; }
