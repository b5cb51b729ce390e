# What is said at the first prompt: keys that are not ours, and to `caro doctor` everything.

# Say once what is wrong with the keys.
_caro_say_keys() {
  builtin emulate -L zsh
  builtin local name=
  for name in key_wrong explain_key_wrong; do
    [[ -n "${_caro_report[$name]}" ]] && builtin print -ru2 -- "${_caro_report[$name]}"
  done
  return 0
}

# `caro doctor` looks at a shell of its own from inside: the file in CARO_REPORT is for it, and this shell is over.
_caro_write_report() {
  builtin emulate -L zsh
  builtin local REPLY= comment=on name=
  [[ "$CARO_REPORT" == /* && -f "$CARO_REPORT" && -w "$CARO_REPORT" && ! -s "$CARO_REPORT" ]] || return 0
  _caro_setting comment on
  [[ "${(L)REPLY}" == (off|0|false|) ]] && comment=off
  {
    for name in key key_owner explain_key explain_key_owner; do
      builtin printf '%s\t%s\n' "$name" "${_caro_report[$name]}"
    done
    builtin printf '%s\t%s\n' comment "$comment" shell "zsh $ZSH_VERSION"
  } >|"$CARO_REPORT"
  builtin exit 0
}
