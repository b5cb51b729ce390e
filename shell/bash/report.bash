# shellcheck shell=bash disable=SC2034,SC2154  # its variables are shared with the other parts
# What is said at the first prompt: keys that are not ours, and to `caro doctor` everything.

# Say once what is wrong with the keys.
_caro_say_keys() {
  builtin local name=''
  for name in key_wrong explain_key_wrong; do
    [[ -z "${_caro_report[$name]-}" ]] || builtin printf '%s\n' "${_caro_report[$name]}" >&2
  done
  return 0
}

# `caro doctor` looks at a shell of its own from inside: the file in CARO_REPORT is for it, and this shell is over.
_caro_write_report() {
  builtin local name='' comment=off
  [[ "${CARO_REPORT-}" == /* && -f "$CARO_REPORT" && -w "$CARO_REPORT" && ! -s "$CARO_REPORT" ]] || return 0
  _caro_takes_comments && comment=on
  {
    for name in key key_owner explain_key explain_key_owner; do
      builtin printf '%s\t%s\n' "$name" "${_caro_report[$name]-}"
    done
    builtin printf '%s\t%s\n' comment "$comment" shell "bash ${BASH_VERSION%%[!0-9.]*}"
  } >|"$CARO_REPORT"
  builtin exit 0
}
