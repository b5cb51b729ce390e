# shellcheck shell=bash disable=SC2034,SC2154  # its variables are shared with the other parts
# `# request` and Enter is the key; every other Enter goes where it went before.
#
# Enter is a macro of two halves. The first one is a function of ours, which decides what the second one is: what Enter
# was before, or nothing.

# No terminal types these. The second half has one for Return and one for Ctrl-J.
_caro_enter_first='\e[0e' _caro_enter_then=('\e[0f' '\e[0g')
# What Enter was, by its second half and the keymap: the name of a function, or what `bind` prints for a macro, or the
# command behind an x.
builtin declare -gA _caro_enter_was
_caro_enter_is_off=''
# What was entered last.
_caro_entered_line=''

_caro_on_enter() {
  builtin local - IFS=$' \t\n'
  builtin set +euxvETf +o pipefail
  if _caro_is_request; then
    _caro_turn_enter off
    _caro_press
    return 0
  fi
  _caro_turn_enter on
  _caro_end
  _caro_clear
  _caro_entered_line="$READLINE_LINE"
  return 0
}

# Say whether the buffer is one line of the form `# words`, at the primary prompt, with nothing pasted or typed behind
# it; and not an answer of ours, which begins so when it is too dangerous to be run by Enter.
_caro_is_request() {
  [[ "$READLINE_LINE" == \#[[:blank:]]*[^[:space:]]* && "$READLINE_LINE" != *$'\n'* ]] || return 1
  [[ "$READLINE_LINE" != "$_caro_shown" ]] && ((! _caro_goes_on && ! _caro_ran)) || return 1
  # One that has been asked for is one, however fast the next Enter comes.
  { [[ "$READLINE_LINE" == "$_caro_line" ]] && _caro_client_lives; } || ! builtin read -r -t 0
}

# Turn the second half of Enter off, or on again.
_caro_turn_enter() {
  builtin local keymap='' then=''
  [[ "$1$_caro_enter_is_off" != on ]] || return 0
  _caro_enter_is_off=
  [[ "$1" == on ]] || _caro_enter_is_off=1
  for keymap in "${_caro_bound_keymaps[@]}"; do
    for then in "${_caro_enter_then[@]}"; do
      _caro_bind_enter "$keymap" "$then" "${_caro_enter_was[$then$keymap]}"
    done
  done
  return 0
}

# Bind the second half $2 in the keymap $1 to what Enter was, $3.
_caro_bind_enter() {
  if [[ -n "$_caro_enter_is_off" ]]; then
    builtin bind -m "$1" "\"$2\": \"\""
  elif [[ "$3" == x* ]]; then
    builtin bind -m "$1" -x "\"$2\": ${3#x}"
  else
    builtin bind -m "$1" "\"$2\": $3"
  fi
  return 0
}

# Find out what Enter does, in every keymap and for both of its keys, and come before it.
_caro_take_enter() {
  builtin local -i at=0
  for at in "${!_caro_keymaps[@]}"; do
    _caro_take_enter_key "$at" '\C-m' "${_caro_enter_then[0]}"
    _caro_take_enter_key "$at" '\C-j' "${_caro_enter_then[1]}"
    builtin bind -m "${_caro_keymaps[at]}" -x "\"$_caro_enter_first\": { _caro_on_enter \"\$_\"; } 2>/dev/null"
  done
  return 0
}

# Let the second half $3 do in the keymap number $1 what the key $2 did until now, and make two halves of the key.
_caro_take_enter_key() {
  builtin local keymap="${_caro_keymaps[$1]}" was=accept-line
  if _caro_look_up "${_caro_macros[$1]}" "$2"; then
    was="$_caro_text"
    # Where caro has been sourced before, it is known already.
    [[ "$was" != *"$_caro_enter_first"* ]] || was="${_caro_enter_was[$3$keymap]-accept-line}"
  elif _caro_look_up "${_caro_commands[$1]}" "$2"; then
    _caro_unquote
    was="x$_caro_text"
  elif [[ "${_caro_accepts[$1]}" != *"\"$2\""* ]]; then
    _caro_capture builtin bind -m "$keymap" -p
    _caro_look_up "$_caro_captured" "$2" && was="$_caro_text"
  fi
  _caro_enter_was["$3$keymap"]="$was"
  _caro_bind_enter "$keymap" "$3" "$was"
  builtin bind -m "$keymap" "\"$2\": \"$_caro_enter_first$3\""
  return 0
}
