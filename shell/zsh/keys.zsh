# Which keys are ours, and whose they are when they are not.

# What `caro doctor` asks for: the keys as they were chosen, and who else has them.
builtin typeset -gA _caro_report

# REPLY is the key $1 in bindkey's notation: ctrl-g, alt-g, ctrl-x g, or bindkey's own; empty when it is none of them.
_caro_sequence() {
  builtin emulate -L zsh -o extended_glob
  builtin local word= char= sequence=
  for word in ${=1}; do
    if [[ "$word" != (#i)(ctrl-|alt-)##? ]]; then
      # After the first one a plain character will do.
      if [[ -z "$sequence" || "$word" != ? ]]; then
        [[ "$1" == [\^\\]?* ]] && REPLY="$1" || REPLY=
        return 0
      fi
    fi
    char="${word[-1]}"
    [[ "$char" == [\\\^] ]] && char="\\$char"
    [[ "$word" == (#i)*alt-* ]] && sequence+='^['
    [[ "$word" == (#i)*ctrl-* ]] && char="^${(U)char}"
    sequence+="$char"
  done
  REPLY="$sequence"
  return 0
}

# REPLY is the key $1 as it is printed on keyboards: Ctrl-X g.
_caro_key_name() {
  builtin emulate -L zsh -o extended_glob
  builtin local word=
  REPLY=
  for word in ${=1}; do
    [[ "$word" == (#i)(ctrl-|alt-)##? ]] && word="${(C)word}"
    REPLY+="${REPLY:+ }$word"
  done
  return 0
}

# REPLY is what the key $2 does in the keymap $1: a widget, or text in quotes.
_caro_bound() {
  builtin emulate -L zsh -o no_aliases
  _caro_capture builtin bindkey -M "$1" -- "$2" || REPLY="$(builtin bindkey -M "$1" -- "$2")"
  REPLY="${${REPLY%$'\n'}#*\" }"
  return 0
}

# REPLY is the widget of somebody else's that the key $2, or a longer one that begins with it, runs in the keymap $1.
_caro_owner() {
  builtin emulate -L zsh -o no_aliases
  builtin local line=
  _caro_capture _caro_print_bindings "$1" "$2" || REPLY="$(_caro_print_bindings "$1" "$2")"
  for line in "${(@f)REPLY}"; do
    REPLY="${line#*\" }"
    case "$REPLY" in
      '' | undefined-key | caro-* | _caro-*) continue ;;
      # What zsh itself has on Ctrl-G and Alt-G.
      send-break | list-expand | get-line | self-insert) continue ;;
    esac
    # Whoever chooses another key wants it instead of what zsh has there.
    [[ "$2" != (\^G|\^\[g) && "${widgets[$REPLY]}" == builtin ]] || return 0
  done
  REPLY=
  return 0
}

_caro_print_bindings() {
  builtin emulate -L zsh
  builtin bindkey -M "$1" -- "$2"
  builtin bindkey -M "$1" -p -- "$2"
}

# REPLY is the owner of the widget $1, by the name people know.
_caro_owner_name() {
  builtin emulate -L zsh
  case "$1" in
    *navi*) REPLY="navi ($1)" ;;
    *fzf*git*) REPLY="fzf-git ($1)" ;;
    *fzf*) REPLY="fzf ($1)" ;;
    *atuin*) REPLY="atuin ($1)" ;;
    *mcfly*) REPLY="mcfly ($1)" ;;
    *hstr*) REPLY="hstr ($1)" ;;
    *zoxide*) REPLY="zoxide ($1)" ;;
    pet | pet[-_]* | *[-_]pet | *[-_]pet[-_]*) REPLY="pet ($1)" ;;
    *) REPLY="$1" ;;
  esac
  return 0
}

# Bind the keys that nobody else has; other plugins may have reset the keymaps since the last time.
_caro_bind() {
  builtin emulate -L zsh
  _caro_report=()
  _caro_bind_key key ctrl-g caro-generate "ctrl-x g"
  _caro_bind_key explain_key alt-g caro-explain "ctrl-x e"
  _caro_bind_enter
  return 0
}

# Bind the setting $1, by default $2, to the widget $3. When the key is somebody's, remember whose.
_caro_bind_key() {
  builtin emulate -L zsh
  builtin local REPLY= chosen= key= keymap= owner=
  _caro_setting "$1" "$2"
  chosen="${REPLY%!}"
  # `ctrl-x !` is a key.
  [[ "$chosen" == *[[:blank:]] ]] && chosen="$REPLY"
  _caro_report[$1]="$chosen"
  [[ -n "$chosen" ]] || return 0
  builtin local -i take=$((${#REPLY} - ${#chosen}))
  _caro_sequence "$chosen"
  key="$REPLY"
  if [[ -z "$key" ]]; then
    _caro_report[${1}_wrong]="caro: CARO_${(U)1}=$chosen is no key. Write it like ctrl-g, alt-g or 'ctrl-x g'."
    return 0
  fi
  for keymap in emacs viins vicmd; do
    _caro_owner "$keymap" "$key"
    owner="$REPLY"
    if ((take)); then
      builtin bindkey -M "$keymap" -r -p -- "$key"
    elif [[ -n "$owner" ]]; then
      _caro_is_in_use "$keymap" && _caro_report[${1}_owner]="$owner"
      continue
    fi
    builtin bindkey -M "$keymap" -- "$key" "$3"
  done
  # In a history search the same key still cancels the search.
  [[ "$key" == '^G' && "$3" == caro-generate ]] && builtin bindkey -M isearch '^G' send-break
  [[ -n "${_caro_report[${1}_owner]}" ]] && _caro_complain "$1" "$chosen" "$4"
  return 0
}

# Whether the user's keys go through the keymap $1: vicmd may be reached from any other.
_caro_is_in_use() {
  builtin emulate -L zsh -o no_aliases
  builtin local REPLY=
  [[ "$1" == vicmd ]] && return 0
  _caro_capture builtin bindkey -lL main || REPLY="$(builtin bindkey -lL main)"
  [[ "$REPLY" != *'-A '* || "$REPLY" == *" $1 "* ]]
}

# Keep one sentence about the taken key $2 of the setting $1; $3 is a key that is free.
_caro_complain() {
  builtin emulate -L zsh
  builtin local REPLY= name=
  _caro_key_name "$2"
  name="$REPLY"
  _caro_owner_name "${_caro_report[${1}_owner]}"
  _caro_report[${1}_owner]="$REPLY"
  _caro_report[${1}_wrong]="caro: $name is taken by $REPLY. Set CARO_${(U)1} to another key (CARO_${(U)1}='$3'), \
or to ${(q-)2}! to take it over."
  return 0
}
