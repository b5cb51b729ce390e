# shellcheck shell=bash disable=SC1091,SC2034,SC2154  # the parts are found by the test
# What bash reads out of configuration files: the parts' directory, then files; each value with a NUL behind it.
source "$1/settings.bash"
source "$1/keys.bash"
shift
for CARO_CONFIG in "$@"; do
  _caro_read_settings
  for name in key explain_key comment style keep_request fix_output learn; do
    _caro_setting "$name" none
    printf '%s\0' "$_caro_value"
  done
  _caro_setting key none
  _caro_read_key "$_caro_value"
  printf '%s\0' "$_caro_sequence"
done
