# The line that is being edited.

# Print the line as it is; `commandline` itself ends it with a newline more.
function _caro_line
    builtin commandline | read -z -l line
    _caro_left (builtin math (string length -- "$line") - 1) "$line"
end

# Print the first $argv[1] characters of $argv[2]. A substitution drops the newlines at the end; they come back here.
function _caro_left
    set -l kept (string sub -l $argv[1] -- "$argv[2]" | string collect)
    builtin printf %s "$kept"
    string repeat -N -n (builtin math $argv[1] - (string length -- "$kept")) \n
end

# Print what is behind the first $argv[1] characters of $argv[2].
function _caro_right
    set -l kept (string sub -s (builtin math $argv[1] + 1) -- "$argv[2]" | string collect)
    builtin printf %s "$kept"
    string repeat -N -n (builtin math (string length -- "$argv[2]") - $argv[1] - (string length -- "$kept")) \n
end

# Put $argv[1] on the line as one change, the cursor $argv[2] characters before its end.
function _caro_replace
    # In fish 4 placing the cursor is a change too.
    builtin commandline -f begin-undo-group
    builtin commandline -r -- "$argv[1]"
    builtin commandline -C (builtin math (string length -- "$argv[1]") - "0$argv[2]")
    builtin commandline -f end-undo-group
end

# Whether a key was pressed at the prompt: `read` has the same keys, and what it reads is no command.
function _caro_is_at_prompt
    test (status current-command) = fish
end

# Whether keys go to a list or to a search instead of to the line.
function _caro_is_elsewhere
    builtin commandline --paging-mode; or builtin commandline --search-mode
end
