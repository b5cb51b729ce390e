# The entry for fisher: it does what the lines of `caro init fish` do.
#
# CARO_PYTHON is the interpreter that has caro-shell. Unless it is set, it is the one of the `caro` on PATH, read off
# that file: nothing is started.

# Print the interpreter of the program $argv[1].
function _caro_find_python
    # In a virtual environment it stands beside its interpreter; a link on PATH leads there.
    set -l directory (string replace -r '/[^/]*$' '' -- $argv[1])
    if test -e $directory/../pyvenv.cfg; and test -x $directory/python
        builtin printf %s $directory/python
        return 0
    end
    set -l lines
    begin
        read -l first
        read -l second
        set lines "$first" "$second"
    end <$argv[1]
    # pip starts a long path through /bin/sh.
    set -l found (string match -r '^\'\'\'exec\' (?:\'([^\']*)\'|"([^"]*)"|(\S+)) ' -- $lines[2])[-1]
    test -n "$found"; or set found (string match -r '^#! *(\S+)' -- $lines[1])[2]
    string match -qr '/python[^/]*$' -- "$found"; and test -x "$found"; and builtin printf %s $found
end

# Print the script: beside this file, or, when a plugin manager has copied this file alone, in caro's own package.
function _caro_find_script
    for file in $argv[1]/../shell/caro.fish $argv[2]/../lib/python3*/site-packages/caro_shell/shell/caro.fish
        if test -r $file
            builtin printf %s $file
            return 0
        end
    end
    return 1
end

if status is-interactive
    set -l here (string replace -r "/[^/]*\$" "" -- (status filename))
    set -l caro (command -s caro)
    test -z "$caro"; or set caro (builtin realpath -- $caro)
    set -l python "$CARO_PYTHON"
    test -n "$python"; or test -z "$caro"; or set python (_caro_find_python $caro)
    set -l from (string replace -r '/[^/]*$' '' -- "$caro" "$python")
    set -l script (_caro_find_script $here $from[1]; or _caro_find_script $here $from[2])
    if test -x "$python"; and test -n "$script"
        set -g CARO_PYTHON $python
        source $script
    else if not set -q _caro_said_python
        set -g _caro_said_python
        builtin echo 'caro: no `caro` with a Python interpreter is on PATH. Run ./install.sh, or set CARO_PYTHON.' >&2
    end
end
functions -e _caro_find_python _caro_find_script
true
