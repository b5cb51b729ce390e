# What fish reads out of configuration files: the parts' directory, then files; each value with a NUL behind it.
source $argv[1]/settings.fish
source $argv[1]/keys.fish
for file in $argv[2..]
    set -g CARO_CONFIG $file
    _caro_read_settings
    for name in key explain_key comment style keep_request fix_output learn
        printf '%s\0' "$(_caro_setting $name none)"
    end
    printf '%s\0' "$(_caro_sequence "$(_caro_setting key none)" 2>/dev/null)"
end
