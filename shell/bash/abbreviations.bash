# shellcheck shell=bash disable=SC2034,SC2139,SC2154  # its variables are shared with the other parts
# What `caro abbr` keeps, as aliases: a line each, the name, a tab and the command.

# What the file said last, and which aliases are ours.
_caro_abbreviations="${_caro_abbreviations-}"
builtin declare -gA _caro_aliases

# Follow the file; nothing happens while it stays as it is.
_caro_read_abbreviations() {
  builtin local content='' line='' name=''
  _caro_find abbreviations
  [[ ! -f "$_caro_found" || ! -r "$_caro_found" ]] || IFS= builtin read -r -d '' content <"$_caro_found"
  [[ "$content" != "$_caro_abbreviations" ]] || return 0
  _caro_abbreviations="$content"
  for name in "${!_caro_aliases[@]}"; do
    # One that the user has changed since is the user's.
    [[ "${BASH_ALIASES[$name]-}" != "${_caro_aliases[$name]}" ]] || builtin unalias -- "$name"
  done
  _caro_aliases=()
  while [[ -n "$content" ]]; do
    line="${content%%$'\n'*}" content="${content#"${content%%$'\n'*}"}"
    content="${content#$'\n'}" line="${line%$'\r'}"
    name="${line%%$'\t'*}"
    # bash takes no other names for aliases, and its associative arrays no quotes and brackets.
    [[ "$line" == ?*$'\t'?* && "$name" != *[!a-zA-Z0-9_.,:@%+-]* && -z "${BASH_ALIASES[$name]+set}" ]] || continue
    _caro_unescape "${line#*$'\t'}"
    builtin alias -- "$name=$_caro_text"
    _caro_aliases["$name"]="$_caro_text"
  done
  return 0
}

# Keep in _caro_text the command that the file holds as $1: \n is a new line, \\ a backslash.
_caro_unescape() {
  builtin local rest="$1"
  _caro_text=
  while [[ "$rest" == *\\* ]]; do
    _caro_text+="${rest%%\\*}"
    rest="${rest#*\\}"
    case "$rest" in
      n*) _caro_text+=$'\n' ;;
      *) _caro_text+="${rest:0:1}" ;;
    esac
    rest="${rest:1}"
  done
  _caro_text+="$rest"
  return 0
}
