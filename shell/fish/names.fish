# What this shell knows by a name: aliases, which in fish are functions with a description, and functions.
#
# fish runs whatever writes into a pipe before it starts what reads from it. So the names are kept, in _caro_aliases (a
# field each) and _caro_functions, until a command may have changed them: _caro_on_postexec forgets them then.

# Print the fields, each with a NUL.
function _caro_names
    set -q _caro_aliases; or _caro_read_names
    builtin printf '%s\0' $_caro_aliases functions\t"$_caro_functions"
end

function _caro_read_names
    # What fish brings is known, and its functions are not read for this: that would load them.
    set -l shipped (_caro_pattern $__fish_data_dir/functions/*.fish)
    set -l loadable (_caro_pattern $fish_function_path/*.fish)
    # On a terminal they come in rows, with commas, although it is not the terminal that reads them.
    set -g _caro_functions (builtin functions -n | string split -n ', ' | string match -rv $shipped)
    # But these are what users give another meaning most.
    set -l defined (string match -rv $loadable -- $_caro_functions) cd diff grep la ll ls man
    set -l mark '^function \S+ .*--description (\'alias .*\'|alias\\\\ .*)$'
    set -l told (builtin functions -- $defined 2>/dev/null | string match -rg $mark)
    # `alias --save` and `funcsave` leave a file each, which is read when the alias is first used.
    for file in (builtin path filter -r -- $__fish_config_dir/functions/*.fish)[1..200]
        set -a told (string match -rg $mark <$file)
    end
    # One of several lines is told as a function only.
    set -g _caro_aliases (string match -rv '(?<!\\\\)\\\\n' -- $told | string unescape |
        string replace -rf '^alias ([^\s=]+)[= ]' alias\t'$1=')
end

# Print a pattern for what begins with `_`, and for the names of the functions whose files are $argv.
function _caro_pattern
    builtin printf '^(?:_.*|%s)$' (builtin path basename -- $argv | string match -v '_*' |
        string replace -r '\.fish$' '' | string escape --style=regex | string join '|')
end
