# What is said at the first prompt: keys that are not ours, and to `caro doctor` everything.

# Say once what is wrong with the keys.
function _caro_say_keys
    for wrong in "$_caro_report_key_wrong" "$_caro_report_explain_key_wrong"
        test -z "$wrong"; or builtin printf '%s\n' "$wrong" >&2
    end
end

# `caro doctor` looks at a shell of its own from inside: the file in CARO_REPORT is for it, and this shell is over.
function _caro_write_report
    string match -q '/*' -- "$CARO_REPORT"; and test -f "$CARO_REPORT"; and test -w "$CARO_REPORT"
    and not test -s "$CARO_REPORT"; or return 0
    set -l comment on
    _caro_is_on comment; or set comment off
    builtin printf '%s\t%s\n' key "$_caro_report_key" key_owner "$_caro_report_key_owner" \
        explain_key "$_caro_report_explain_key" explain_key_owner "$_caro_report_explain_key_owner" \
        comment $comment shell "fish $version" >$CARO_REPORT
    builtin exit 0
end
