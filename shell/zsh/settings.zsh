# What the user has chosen: the variable CARO_NAME, else `name` in the config file, else our default.

builtin typeset -gA _caro_file_settings
# What a relative CARO_CONFIG is relative to: a directory one walks into later must have no say.
builtin typeset -g _caro_began_in="$PWD"

# Find a file of ours ($1) where the user's configuration is; REPLY is its path, whether or not it is there. The same
# rule as in caro_shell/paths.py.
_caro_find() {
  builtin emulate -L zsh
  builtin local directory="$HOME/.config" mac="$HOME/Library/Application Support/caro" chosen="$CARO_CONFIG"
  [[ "$XDG_CONFIG_HOME" == /* ]] && directory="$XDG_CONFIG_HOME"
  directory+=/caro
  [[ ! -e "$directory/config.toml" && -e "$mac/config.toml" ]] && directory="$mac"
  REPLY="$directory/$1"
  if [[ -n "$chosen" ]]; then
    [[ "$chosen" == /* ]] || chosen="$_caro_began_in/$chosen"
    [[ "$1" == config.toml ]] && REPLY="$chosen" || REPLY="${chosen:h}/$1"
  fi
  return 0
}

# Read our settings from the config file: `name = "value"` before the first table. The rest is Python's business.
_caro_read_settings() {
  builtin emulate -L zsh -o extended_glob
  builtin local REPLY= line= value=
  builtin local names='(key|explain_key|comment|style|keep_request|fix_output|learn)' text='("(\\?|[^\"\\])#"|'"'[^']#')"
  builtin local -a match mbegin mend
  _caro_file_settings=()
  _caro_find config.toml
  [[ -f "$REPLY" && -r "$REPLY" ]] || return 0
  # zsh reads the file by itself here, without a process.
  for line in "${(@f)$(<"$REPLY")}"; do
    [[ "$line" == [[:blank:]]#\[* ]] && break
    # zsh goes through a pattern with a call for each character: of a very long line it dies.
    ((${#line} > 2000)) && continue
    line="${line%$'\r'}"
    [[ "$line" == (#b)[[:blank:]]#${~names}[[:blank:]]#=[[:blank:]]#${~text}[[:blank:]]#(\#*)# ]] || continue
    value="${${match[2]#?}%?}"
    # Of the escapes of "…" only the ones that stand for a character itself: \" and \\.
    [[ "${match[2]}" == \"* ]] && value="${value//(#m)\\[\"\\]/${MATCH#\\}}"
    _caro_file_settings[${match[1]}]="$value"
  done
  return 0
}

# REPLY is the setting $1; its default is $2.
_caro_setting() {
  builtin emulate -L zsh
  builtin local variable="CARO_${(U)1}"
  if ((${+parameters[$variable]})); then
    REPLY="${(P)variable}"
  else
    REPLY="${_caro_file_settings[$1]-$2}"
  fi
  return 0
}
