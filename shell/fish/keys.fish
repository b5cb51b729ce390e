# Which keys are ours, and whose they are when they are not.

# Print a key the way `bind` takes it. Names are the same in every shell: ctrl-g, alt-g, ctrl-x g; fish's own notation,
# as \cxg or in fish 4 ctrl-x,g, is taken as it is. Prints nothing for what is neither.
function _caro_sequence
    if not string match -qir '^(?:ctrl-|alt-)+\S(?: \S+)*$' -- "$argv[1]"
        string match -qr '^(?:\\\\|[\x00-\x1f\x7f]|ctrl-|alt-|shift-|super-|f\d)' -- "$argv[1]"
        and string unescape -- "$argv[1]"
        return
    end
    for word in (string split -n ' ' -- $argv[1])
        set -l char (string sub -s -1 -- $word)
        string match -qir '^(?:ctrl-|alt-)*ctrl-' -- $word
        and set char (string unescape -- '\\c'(string lower -- $char))
        string match -qir '^(?:ctrl-|alt-)*alt-' -- $word; and set char \e$char
        builtin printf %s $char
    end
end

# Print a key as it is printed on keyboards: Ctrl-X g.
function _caro_key_name
    for word in (string split ' ' -- $argv[1])
        set -l found (string match -rgi '^(ctrl|alt)-(\S)$' -- $word)
        and set word (string replace -i ctrl Ctrl -- $found[1] | string replace -i alt Alt)-(string upper -- $found[2])
        builtin printf '%s\n' $word
    end | string join ' '
end

# Print the command of somebody else's that a key runs, or one that begins with it; $argv[1] is how fish writes the key.
function _caro_owner
    for line in $_caro_others
        set -l found (string match -rg '^bind (?:-M \S+ )?(?:-m \S+ )?(\S+) (.*)$' -- $line); or continue
        test "$(string sub -l (string length -- "$argv[1]") -- $found[1])" = "$argv[1]"; or continue
        eval set -l words $found[2]
        builtin printf %s $words[1]
        return 0
    end
end

# Print a command's name, behind the tool that it belongs to where that is known.
function _caro_owner_name
    set -l name (string match -r '^[^\s;]*' -- "$argv[1]")
    for tool in navi 'fzf-git fzf.*git' fzf atuin mcfly hstr zoxide 'pet (?:^|[-_])pet(?:[-_]|$)'
        set -l known (string split -m 1 ' ' -- $tool)
        if string match -qr -- $known[-1] "$name"
            builtin printf '%s (%s)' $known[1] "$name"
            return 0
        end
    end
    builtin printf %s "$name"
end

# Bind the keys that nobody else has.
function _caro_bind
    set -g _caro_others (string match -v '*_caro_*' -- (builtin bind --user))
    _caro_bind_key key ctrl-g _caro_generate 'ctrl-x g' \cg
    _caro_bind_key explain_key alt-g _caro_explain 'ctrl-x e' \eg
    _caro_bind_enter
    # What the terminal types may come in any mode.
    for mode in $_caro_modes (builtin bind --list-modes)
        builtin bind -M $mode \e\[0n '_caro_call _caro_on_reply'
    end
end

# Bind the setting $argv[1], by default $argv[2], to the function $argv[3]. When the key is somebody's, remember whose;
# $argv[4] is a key to propose, $argv[5] the default as it is typed.
function _caro_bind_key -a name default function other typed
    _caro_unbind $function
    for part in '' _owner _wrong
        set -g _caro_report_$name$part
    end
    set -l chosen (_caro_setting $name $default)
    # `ctrl-x !` is a key.
    set -l key (string replace -r '(?<=\S)!$' '' -- "$chosen")
    set -g _caro_report_$name "$key"
    test -n "$key"; or return 0
    set -l sequence $typed
    # The default is a key, and where nobody has bound anything it is free: every step here delays the first prompt.
    if test "$key" != $default; or set -q _caro_others[1]
        set sequence (_caro_sequence $key 2>/dev/null)
        _caro_is_free $name "$chosen" "$key" "$sequence" $other; or return 0
    end
    for mode in $_caro_modes
        builtin bind -M $mode -- $sequence "_caro_call $function"
    end
    set -g _caro_bound$function $sequence
end

# Whether the key $argv[3], typed as $argv[4], is one, and nobody's or chosen to be taken over ($argv[2]); if not, the
# sentence about it is remembered.
function _caro_is_free -a name chosen key sequence other
    set -l variable CARO_(string upper $name)
    # fish's own way of writing it, so that texts can be compared; nobody is ever in that mode.
    builtin bind -M caro_probe -- "$sequence" true 2>/dev/null
    set -l written (builtin bind --user -M caro_probe 2>/dev/null)
    builtin bind -e -M caro_probe -- "$sequence" 2>/dev/null
    if test -z "$sequence"; or test -z "$written"
        set -g _caro_report_{$name}_wrong "caro: $variable=$key is no key. Write it like ctrl-g, alt-g or 'ctrl-x g'."
        return 1
    end
    set -l owner (_caro_owner (string replace -r '^bind -M caro_probe (.*) true$' '$1' -- $written))
    test -n "$owner"; and test "$chosen" = "$key"; or return 0
    set owner (_caro_owner_name $owner)
    set -l name_of_key (_caro_key_name $key)
    set -g _caro_report_{$name}_owner "$owner"
    set -g _caro_report_{$name}_wrong "caro: $name_of_key is taken by $owner. \
Set $variable to another key ($variable='$other'), or to $(string escape -- $key)! to take it over."
    return 1
end

# Take back the key of the function $argv[1].
function _caro_unbind
    set -l bound _caro_bound$argv[1]
    set -q $bound; or return 0
    for mode in $_caro_modes
        string match -q "* '_caro_call $argv[1]'" -- (builtin bind --user -M $mode -- $$bound 2>/dev/null)
        and builtin bind -e -M $mode -- $$bound
    end
    set -e $bound
end

# Enter is ours where it does something already, and what a user has bound there is remembered.
function _caro_bind_enter
    for mode in default insert
        set -l line (builtin bind --user -M $mode \r 2>/dev/null)
        string match -q '*_caro_enter*' -- "$line"; or set -g _caro_before_$mode $line
        builtin bind -M $mode \r '_caro_call _caro_enter \\r'
    end
end
