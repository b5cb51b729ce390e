# The keys that are ours: how they are written, and how they are bound.

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

# Bind the keys that nobody else has; other plugins may have reset the keymaps since the last time.
_caro_bind() {
  builtin emulate -L zsh
  builtin local REPLY= key= explain_key=
  _caro_report=()
  _caro_choose key ctrl-g
  key="$REPLY"
  _caro_choose explain_key alt-g
  explain_key="$REPLY"
  _caro_look '^M' '^J' $key $explain_key
  _caro_bind_key key "$key" caro-generate "ctrl-x g"
  _caro_bind_key explain_key "$explain_key" caro-explain "ctrl-x e"
  _caro_bind_enter
  return 0
}

# REPLY is the setting $1, by default $2, as bindkey writes it; empty for none.
_caro_choose() {
  builtin emulate -L zsh
  _caro_setting "$1" "$2"
  builtin local chosen="${REPLY%!}"
  # `ctrl-x !` is a key.
  [[ "$chosen" == *[[:blank:]] ]] && chosen="$REPLY"
  _caro_report[$1]="$chosen"
  _caro_report[${1}_take]="${REPLY#$chosen}"
  _caro_sequence "$chosen"
  [[ -n "$chosen" && -z "$REPLY" ]] &&
    _caro_report[${1}_wrong]="caro: CARO_${(U)1}=$chosen is no key. Write it like ctrl-g, alt-g or 'ctrl-x g'."
  return 0
}

# Bind the setting $1, the key $2, to the widget $3. When it is somebody's, remember whose; $4 is a key that is free.
_caro_bind_key() {
  builtin emulate -L zsh
  builtin local REPLY= keymap=
  [[ -n "$2" ]] || return 0
  for keymap in emacs viins vicmd; do
    _caro_owner "$keymap" "$2"
    if [[ -n "${_caro_report[${1}_take]}" ]]; then
      builtin bindkey -M "$keymap" -r -p -- "$2"
    elif [[ -n "$REPLY" ]]; then
      _caro_is_in_use "$keymap" && _caro_report[${1}_owner]="$REPLY"
      continue
    fi
    builtin bindkey -M "$keymap" -- "$2" "$3"
  done
  # In a history search the same key still cancels the search.
  [[ "$2" == '^G' && "$3" == caro-generate ]] && builtin bindkey -M isearch '^G' send-break
  [[ -n "${_caro_report[${1}_owner]}" ]] && _caro_complain "$1" "$4"
  return 0
}

# Keep one sentence about the taken key of the setting $1; $2 is a key that is free.
_caro_complain() {
  builtin emulate -L zsh
  builtin local REPLY= name= chosen="${_caro_report[$1]}"
  _caro_key_name "$chosen"
  name="$REPLY"
  _caro_owner_name "${_caro_report[${1}_owner]}"
  _caro_report[${1}_owner]="$REPLY"
  _caro_report[${1}_wrong]="caro: $name is taken by $REPLY. Set CARO_${(U)1} to another key (CARO_${(U)1}='$2'), \
or to ${(q-)chosen}! to take it over."
  return 0
}
