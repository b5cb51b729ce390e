# The line that is being edited.

# Print the line as it is; `commandline` itself ends it with a newline more.
function _caro_line
    builtin commandline | read -z -l line
    builtin printf '%.*s' (builtin math (string length -- "$line") - 1) "$line"
end

# Print the first $argv[1] characters of $argv[2].
function _caro_left
    builtin printf '%.*s' $argv[1] "$argv[2]"
end

# Print what is behind the first $argv[1] characters of $argv[2].
function _caro_right
    set -l length (builtin math (string length -- "$argv[2]") - $argv[1])
    test $length -gt 0; or return 0
    builtin printf '%.*s' $length (string sub -s (builtin math $argv[1] + 1) -- "$argv[2]" | string collect -N)
end

# Put $argv[1] on the line as one change, the cursor $argv[2] characters before its end.
function _caro_replace
    builtin commandline -r -- "$argv[1]"
    builtin commandline -C (builtin math (string length -- "$argv[1]") - "0$argv[2]")
end

# Whether a key was pressed at the prompt: `read` has the same keys, and what it reads is no command.
function _caro_is_at_prompt
    test (status current-command) = fish
end

# Whether keys go to a list or to a search instead of to the line.
function _caro_is_elsewhere
    builtin commandline --paging-mode; or builtin commandline --search-mode
end
