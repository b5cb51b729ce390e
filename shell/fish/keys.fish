# Which keys are ours, and whose they are when they are not.

# Print a key the way `bind` takes it. Names are the same in every shell: ctrl-g, alt-g, ctrl-x g; fish's own notation,
# as \cxg, is taken as it is.
function _caro_sequence
    if not string match -qir '^(?:ctrl-|alt-)+\S(?: \S+)*$' -- "$argv[1]"
        string unescape -- "$argv[1]"
        return
    end
    for word in (string split -n ' ' -- $argv[1])
        set -l char (string sub -s -1 -- $word)
        string match -qir '^(?:ctrl-|alt-)*ctrl-' -- $word; and set char (string unescape -- '\\c'(string lower -- $char))
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

# Print the command of somebody else's that the key sequence $argv[1], or a longer one that begins with it, runs.
function _caro_owner
    # The sequence as fish writes it, so that texts can be compared; fish 4 puts commas between keys.
    builtin bind -M caro_probe $argv[1] true
    set -l wanted (builtin bind --user -M caro_probe | string match -rg '^bind -M caro_probe (.*) true$')
    builtin bind -e -M caro_probe $argv[1]
    for mode in $_caro_modes
        for line in (builtin bind --user -M $mode)
            set -l found (string match -rg '^bind (?:--user )?(?:-M \S+ )?(?:-m \S+ )?(\S+) (.*)$' -- $line); or continue
            string match -qr '^\'?_caro_' -- $found[2]; and continue
            test "$(string sub -l (string length -- "$wanted") -- $found[1])" = "$wanted"; or continue
            eval set -l words $found[2]
            builtin printf %s $words[1]
            return 0
        end
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
    _caro_bind_key key ctrl-g _caro_generate 'ctrl-x g'
    _caro_bind_key explain_key alt-g _caro_explain 'ctrl-x e'
    _caro_bind_enter
    # What the terminal types may come in any mode.
    for mode in $_caro_modes (builtin bind --list-modes)
        builtin bind -M $mode \e\[0n _caro_on_reply
    end
end

# Bind the setting $argv[1], by default $argv[2], to the function $argv[3]. When the key is somebody's, remember whose;
# $argv[4] is a key to propose.
function _caro_bind_key -a name default function other
    _caro_unbind $function
    for part in '' _owner _wrong
        set -g _caro_report_$name$part
    end
    set -l chosen (_caro_setting $name $default)
    # `ctrl-x !` is a key.
    set -l key (string replace -r '(?<=\S)!$' '' -- "$chosen" | string collect)
    set -g _caro_report_$name "$key"
    test -n "$key"; or return 0
    set -l sequence (_caro_sequence $key 2>/dev/null | string collect)
    set -l variable CARO_(string upper $name)
    if test -z "$sequence"; or not builtin bind -M caro_probe $sequence true 2>/dev/null
        set -g _caro_report_{$name}_wrong "caro: $variable=$key is no key. Write it like ctrl-g, alt-g or 'ctrl-x g'."
        return 0
    end
    set -l owner (_caro_owner $sequence)
    if test -n "$owner"; and test "$chosen" = "$key"
        set owner (_caro_owner_name $owner)
        set -g _caro_report_{$name}_owner "$owner"
        set -g _caro_report_{$name}_wrong "caro: $(_caro_key_name $key) is taken by $owner. Set $variable to another key \
($variable='$other'), or to $(string escape -- $key)! to take it over."
        return 0
    end
    for mode in $_caro_modes
        builtin bind -M $mode $sequence $function
    end
end

# Take back the keys of the function $argv[1].
function _caro_unbind
    for mode in $_caro_modes
        for line in (builtin bind --user -M $mode | string match -- "bind * $argv[1]")
            eval builtin bind -e (string sub -s 6 -e (builtin math -(string length -- " $argv[1]")) -- $line)
        end
    end
end
