# shellcheck shell=bash disable=SC2016,SC2034,SC2154  # its variables are shared with the other parts
# Which keys are ours, and whose they are when they are not.

# The keymaps that are being bound, of the mode (emacs or vi) that the user is in; and all that are bound by now.
_caro_keymaps=() _caro_bound_keymaps=()
# What `bind` says of each: the commands, the macros, and the keys that accept the line.
builtin declare -ga _caro_commands _caro_macros _caro_accepts
# What `caro doctor` asks for: the keys as they were chosen, and who else has them.
builtin declare -gA _caro_report

_caro_read_bindings() {
  builtin local -i at=0
  builtin local text=''
  _caro_capture _caro_print_bindings
  text="$_caro_captured"
  for at in "${!_caro_keymaps[@]}"; do
    _caro_commands[at]="${text%%$'\001'*}" text="${text#*$'\001'}"
    _caro_macros[at]="${text%%$'\001'*}" text="${text#*$'\001'}"
    _caro_accepts[at]="${text%%$'\001'*}" text="${text#*$'\001'}"
  done
  return 0
}

# In one piece, since each look costs a file.
_caro_print_bindings() {
  builtin local keymap=''
  for keymap in "${_caro_keymaps[@]}"; do
    builtin bind -m "$keymap" -X
    builtin printf '\001'
    builtin bind -m "$keymap" -s
    builtin printf '\001'
    builtin bind -m "$keymap" -q accept-line
    builtin printf '\001'
  done
  return 0
}

# Keep in _caro_text what the listing $1 of `bind` says of the key $2. With $3, also of a longer one that begins with
# it, and never what is ours.
_caro_look_up() {
  builtin local rest=$'\n'"$1" found=''
  while [[ "$rest" == *$'\n'"\"$2"* ]]; do
    rest="${rest#*$'\n'"\"$2"}"
    found="${rest%%$'\n'*}"
    _caro_text="${found#*\": }"
    if [[ -n "${3-}" ]]; then
      [[ "$found" == *_caro_on_* ]] || return 0
    elif [[ "$found" == "\": "* ]]; then
      return 0
    fi
  done
  return 1
}

# Take from _caro_text the quotes that `bind` prints around a command, and the backslashes that they need.
_caro_unquote() {
  _caro_text="${_caro_text#\"}"
  _caro_text="${_caro_text%\"}"
  _caro_text="${_caro_text//\\\"/\"}"
  _caro_text="${_caro_text//\\\\/\\}"
  return 0
}

# Find in _caro_sequence the key $1 in readline's notation: ctrl-g, alt-g, ctrl-x g, or readline's own; empty when it is
# none of them. And in _caro_label what is printed on keyboards: Ctrl-X g.
_caro_native='^\\([^"\[:cntrl:]]|\\[^[:cntrl:]])+$'
_caro_read_key() {
  builtin local word='' words="$1 " char=''
  _caro_sequence='' _caro_label=''
  while [[ -n "$words" ]]; do
    word="${words%% *}" words="${words#* }"
    [[ -n "$word" ]] || continue
    char="${word: -1}"
    [[ "$char" != [\\\"] ]] || char="\\$char"
    case "${word,,}" in
      ctrl-?) _caro_sequence+="\\C-${char,,}" word="Ctrl-${char^^}" ;;
      alt-?) _caro_sequence+="\\e$char" word="Alt-${char^^}" ;;
      *)
        # After the first one a plain character will do.
        if [[ -z "$_caro_sequence" || ${#word} -gt 1 ]]; then
          _caro_sequence='' _caro_label="$1"
          # It goes between quotes into what `bind` reads.
          [[ ! "$1" =~ $_caro_native ]] || _caro_sequence="$1"
          return 0
        fi
        _caro_sequence+="$char"
        ;;
    esac
    _caro_label+="${_caro_label:+ }$word"
  done
  return 0
}

# Find in _caro_owner who has the key $_caro_sequence, empty when it is free. The function of readline's that has it by
# default ($1) does not count; without that, none does: whoever chooses another key wants it instead.
_caro_find_owner() {
  builtin local -i at=0
  _caro_owner=
  for at in "${!_caro_keymaps[@]}"; do
    if _caro_look_up "${_caro_commands[at]}" "$_caro_sequence" any ||
      _caro_look_up "${_caro_macros[at]}" "$_caro_sequence" any; then
      _caro_unquote
      _caro_name_owner "$_caro_text"
      return 0
    fi
  done
  # It is ours already, or of no interest.
  [[ -n "$1" && "${_caro_keymaps[0]}" == emacs-standard ]] || return 0
  _caro_look_up "${_caro_commands[0]}" "$_caro_sequence" && return 0
  _caro_capture builtin bind -m emacs-standard -q "$1"
  [[ "$_caro_captured" != *"\"$_caro_sequence\""* ]] || return 0
  _caro_capture builtin bind -m emacs-standard -p
  _caro_look_up "$_caro_captured" "$_caro_sequence" && _caro_owner="$_caro_text"
  return 0
}

# Find in _caro_owner the tool behind the command or the macro $1, by the name people know.
_caro_name_owner() {
  builtin local pattern='[[:alnum:]_-]*(navi|fzf|atuin|mcfly|hstr|zoxide)[[:alnum:]_-]*' pet='(_*pet|pet)([_-][[:alnum:]_-]*)?'
  builtin local word="${1%%[![:alnum:]_-]*}"
  if [[ "$1" =~ $pattern ]]; then
    word="${BASH_REMATCH[0]}"
    _caro_owner="${BASH_REMATCH[1]}"
    [[ "$word" != *fzf*git* ]] || _caro_owner=fzf-git
    _caro_owner+=" ($word)"
  elif [[ "$word" =~ ^$pet$ ]]; then
    _caro_owner="pet ($word)"
  else
    _caro_owner="${word:-a macro}"
  fi
  return 0
}

# Bind the setting $1, by default $2, to the function $3, unless somebody has the key: then remember whose it is. $4 is
# what readline has on the default key, $5 a key that is free.
_caro_bind_key() {
  builtin local chosen='' keymap='' theirs=''
  _caro_setting "$1" "$2"
  chosen="${_caro_value%!}"
  # `ctrl-x !` is a key.
  [[ "$chosen" != *' ' ]] || chosen="$_caro_value"
  _caro_report["$1"]="$chosen"
  [[ -n "$chosen" ]] || return 0
  _caro_read_key "$chosen"
  if [[ -z "$_caro_sequence" ]]; then
    _caro_report["$1_wrong"]="caro: CARO_${1^^}=$chosen is no key. Write it like ctrl-g, alt-g or 'ctrl-x g'."
    return 0
  fi
  [[ "$chosen" != "$2" ]] || theirs="$4"
  _caro_owner=
  [[ "$chosen" != "$_caro_value" ]] || _caro_find_owner "$theirs"
  if [[ -n "$_caro_owner" ]]; then
    _caro_report["$1_owner"]="$_caro_owner"
    _caro_report["$1_wrong"]="caro: $_caro_label is taken by $_caro_owner. Set CARO_${1^^} to another key \
(CARO_${1^^}='$5'), or to $chosen! to take it over."
    return 0
  fi
  for keymap in "${_caro_keymaps[@]}"; do
    # bash 5.1 keeps the old command when a key is bound again.
    builtin bind -m "$keymap" -r "$_caro_sequence"
    builtin bind -m "$keymap" -x "\"$_caro_sequence\": { $3 \"\$_\"; } 2>/dev/null"
  done
  return 0
}

# In the keymaps $@ bind the keys that nobody else has, and what the terminal types.
_caro_bind() {
  builtin local keymap=''
  _caro_keymaps=("$@")
  _caro_report=()
  _caro_read_bindings
  _caro_bind_key key ctrl-g _caro_on_key abort 'ctrl-x g'
  _caro_bind_key explain_key alt-g _caro_on_explain glob-complete-word 'ctrl-x e'
  for keymap in "${_caro_keymaps[@]}"; do
    # The functions get $_ as their last argument, so that it is the same afterwards.
    builtin bind -m "$keymap" -x '"\e[0n": { _caro_on_answer "$_"; } 2>/dev/null'
  done
  _caro_takes_comments && _caro_take_enter
  _caro_bound_keymaps+=("$@")
  return 0
}
