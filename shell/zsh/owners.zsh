# Whose a key is.

# What the keys did when we last looked: by keymap and key, a widget (or text in quotes) a line. Under `main`, which
# keymap the user's keys go through.
builtin typeset -gA _caro_bindings

# See what the keys do, and the longer ones that begin with them.
_caro_look() {
  builtin emulate -L zsh -o no_aliases
  builtin local REPLY= line= at=main
  _caro_capture _caro_print_bindings "$@" || REPLY="$(_caro_print_bindings "$@")"
  _caro_bindings=()
  for line in "${(@f)REPLY}"; do
    if [[ "$line" == '= '* ]]; then
      at="${line#= }"
    else
      _caro_bindings[$at]+="${line#*\" }"$'\n'
    fi
  done
  return 0
}

_caro_print_bindings() {
  builtin emulate -L zsh
  builtin local keymap= key=
  builtin bindkey -lL main
  for keymap in emacs viins vicmd; do
    for key; do
      builtin print -r -- "= $keymap $key"
      builtin bindkey -M "$keymap" -- "$key"
      [[ "$key" == \^[MJ] ]] || builtin bindkey -M "$keymap" -p -- "$key"
    done
  done
  return 0
}

# REPLY is the widget of somebody else's that the key $2, or a longer one that begins with it, runs in the keymap $1.
_caro_owner() {
  builtin emulate -L zsh
  builtin local at="$1 $2"
  for REPLY in "${(@f)_caro_bindings[$at]}"; do
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

# Whether the user's keys go through the keymap $1: vicmd may be reached from any other.
_caro_is_in_use() {
  builtin emulate -L zsh
  builtin local main="${_caro_bindings[main]}"
  [[ "$1" == vicmd || "$main" != *'-A '* || "$main" == *" $1 "* ]]
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
