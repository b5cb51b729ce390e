# shellcheck shell=bash disable=SC2034,SC2154  # its variables are shared with the other parts
# What the user has chosen: the variable CARO_NAME, else `name` in the config file, else our default.

builtin declare -gA _caro_file_settings
# What a relative CARO_CONFIG is relative to: a directory one walks into later must have no say.
_caro_began_in="${PWD-}"

# Find in _caro_found a file of ours ($1) where the user's configuration is, whether or not it is there.
_caro_find() {
  builtin local mac="${HOME-}/Library/Application Support/caro/$1"
  _caro_found="${HOME-}/.config/caro/$1"
  [[ "${XDG_CONFIG_HOME-}" != /* ]] || _caro_found="$XDG_CONFIG_HOME/caro/$1"
  if [[ -n "${CARO_CONFIG-}" ]]; then
    _caro_found="$CARO_CONFIG"
    [[ "$_caro_found" == /* ]] || _caro_found="$_caro_began_in/$_caro_found"
    [[ "$1" == config.toml ]] || _caro_found="${_caro_found%/*}/$1"
  elif [[ ! -e "$_caro_found" && -e "$mac" ]]; then
    _caro_found="$mac"
  fi
  return 0
}

# Read our settings from the config file: `name = "value"` before the first table. The rest is Python's business.
_caro_read_settings() {
  builtin local line='' value='' table='^[[:blank:]]*\['
  builtin local pattern='^[[:blank:]]*(key|explain_key|comment|style|keep_request|fix_output|learn)[[:blank:]]*=[[:blank:]]*'
  pattern+='("(([^"\]|\\.)*)"|'\''([^'\'']*)'\'')[[:blank:]]*(#.*)?$'
  _caro_file_settings=()
  _caro_find config.toml
  [[ -f "$_caro_found" && -r "$_caro_found" ]] || return 0
  while IFS= builtin read -r line || [[ -n "$line" ]]; do
    [[ "$line" =~ $table ]] && break
    line="${line%$'\r'}"
    [[ "$line" =~ $pattern ]] || continue
    # Of the escapes of "…" only the ones that stand for a character itself: \" and \\.
    value="${BASH_REMATCH[3]//\\\"/\"}"
    _caro_file_settings["${BASH_REMATCH[1]}"]="${value//\\\\/\\}${BASH_REMATCH[5]}"
  done <"$_caro_found"
  return 0
}

# Find in _caro_value the setting $1; its default is $2.
_caro_setting() {
  builtin local variable="CARO_${1^^}"
  _caro_value="${!variable-${_caro_file_settings[$1]-$2}}"
  return 0
}

# Say whether `# request` and Enter is to be a request.
_caro_takes_comments() {
  _caro_setting comment on
  [[ "${_caro_value,,}" != @(off|0|false|) ]]
}
