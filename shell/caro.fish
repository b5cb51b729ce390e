# caro for fish: words on the command line, Ctrl-G, a command in their place.
#
# Sourced from config.fish after CARO_PYTHON has been set (`caro init fish` prints both lines). Sourcing starts no
# process and prints nothing. docs/shells.md says how it works and why; fish/ beside this file has a part a concern.
#
# Settings, each a variable (before or after sourcing) or, in small letters and without CARO_, a key of the config
# file:  CARO_KEY=ctrl-g  CARO_EXPLAIN_KEY=alt-g  CARO_COMMENT=on  CARO_STYLE=fg=8  CARO_KEEP_REQUEST=off
#        CARO_FIX_OUTPUT=off  CARO_LEARN=on
#
# A function may stand in a builtin's place in fish, hence `builtin`; those that nobody can replace go without.

if status is-interactive
    # The parts are written for this fish; an older one does not get to read them.
    if not string match -qr '^(3\.([6-9]|\d\d)|[4-9]|\d\d)' -- $version
        builtin echo "caro: the key needs fish 3.6 or newer, this is $version; caro \"…\" works." >&2
    else if test -x "$CARO_PYTHON"
        set -g _caro_directory (string replace -r '[^/]*$' fish -- (status filename))
        for part in settings abbreviations keys report hooks
            builtin source $_caro_directory/$part.fish
        end
        _caro_load
    end
end
true
