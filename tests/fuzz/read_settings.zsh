# What zsh reads out of configuration files: the parts' directory, then files; each value with a NUL behind it.
source "$1/settings.zsh"
source "$1/keys.zsh"
shift
for CARO_CONFIG in "$@"; do
  _caro_read_settings
  for name in key explain_key comment style keep_request fix_output learn; do
    _caro_setting "$name" none
    print -rn -- "${REPLY//$'\0'/}"$'\0'
  done
  _caro_setting key none
  _caro_sequence "$REPLY"
  print -rn -- "${REPLY//$'\0'/}"$'\0'
done
