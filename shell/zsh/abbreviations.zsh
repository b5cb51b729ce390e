# What `caro abbr` keeps, as aliases: a line each, the name, a tab and the command.

# What the file said last, and which aliases are ours.
builtin typeset -g _caro_abbreviations="$_caro_abbreviations"
builtin typeset -gA _caro_aliases

# Follow the file; nothing happens while it stays as it is.
_caro_read_abbreviations() {
  builtin emulate -L zsh
  builtin local REPLY= content= line= name=
  _caro_find abbreviations
  # zsh reads the file by itself here, without a process.
  [[ -f "$REPLY" && -r "$REPLY" ]] && content="$(<"$REPLY")"
  [[ "$content" == "$_caro_abbreviations" ]] && return 0
  _caro_abbreviations="$content"
  for name in "${(@k)_caro_aliases}"; do
    # One that the user has changed since is the user's.
    [[ "${aliases[$name]}" == "${_caro_aliases[$name]}" ]] && builtin unalias -- "$name"
  done
  _caro_aliases=()
  for line in "${(@f)content}"; do
    line="${line%$'\r'}"
    name="${line%%$'\t'*}"
    [[ "$line" == ?*$'\t'?* && "$name" != [#]* ]] || continue
    ((${+aliases[$name]} && ! ${+_caro_aliases[$name]} || ${+galiases[$name]})) && continue
    _caro_unescape "${line#*$'\t'}"
    aliases[$name]="$REPLY"
    _caro_aliases[$name]="$REPLY"
  done
  return 0
}

# REPLY is the command that the file holds as $1: \n is a new line, \\ a backslash.
_caro_unescape() {
  builtin emulate -L zsh
  builtin local newline=$'\n' rest="$1"
  REPLY=
  while [[ "$rest" == *\\* ]]; do
    REPLY+="${rest%%\\*}"
    rest="${rest#*\\}"
    case "$rest" in
      n*) REPLY+="$newline" ;;
      *) REPLY+="${rest[1]}" ;;
    esac
    rest="${rest#?}"
  done
  REPLY+="$rest"
  return 0
}
