# When we are called.

# Run $argv, which is in a part that a shell may never need: those are read now. $status is again as it was.
function _caro_call
    set -l before $status
    if not set -q _caro_is_read
        for part in line draw names learn request interrupt gestures enter words
            builtin source $_caro_directory/$part.fish
        end
        # Not before: a Ctrl-C may end the reading.
        set -g _caro_is_read
    end
    _caro_was_interrupted
    _caro_with_status $before
    $argv
end

function _caro_with_status
    return $argv[1]
end

# The functions of our two abbreviations. They never say what a word stands for: see words.fish.
function _caro_on_word
    _caro_call _caro_expand_word $argv
    return 1
end

function _caro_on_text
    _caro_call _caro_expand_text
    return 1
end

# A command is about to run: it must not see anything of ours, neither on the screen nor typed.
function _caro_on_leave
    test -n "$_caro_pid$_caro_drawn"; or return 0
    _caro_call _caro_end
    set -g _caro_drawn
    builtin printf '\e[J'
end

# Remember a command that failed, but for one behind a blank, which the user keeps out of the history. What may have
# defined something makes us look at the shell's names anew.
function _caro_on_postexec
    set -g _caro_status $status
    set -g _caro_failed
    test -z "$_caro_offered"; or _caro_call _caro_conclude run "$argv[1]"
    string match -qr 'alias|func|source|fisher|omf|(?:^|[;&|\s])\.\s' -- "$argv[1]"; and set -e _caro_aliases
    test $_caro_status -eq 0; or string match -q ' *' -- "$argv[1]"; or set -g _caro_failed "$argv[1]"
end

# Ctrl-C: an answer on the line has gone with it. fish has no event of a new prompt then.
function _caro_on_cancel
    test -z "$_caro_offered"; or _caro_call _caro_conclude left ''
end

# A new prompt: nothing that was asked for at the old one may land here.
function _caro_on_prompt
    test -z "$_caro_pid"; or _caro_call _caro_end
    test -z "$_caro_offered"; or _caro_call _caro_conclude left ''
    set -g _caro_message
    set -g _caro_entered
    set -g _caro_state
    set -g _caro_shown
    _caro_read_abbreviations
end

# Before the first prompt, when everything else has been loaded.
function _caro_on_first_prompt
    builtin functions -e _caro_first_prompt_hook
    _caro_bind
    _caro_write_report
    _caro_say_keys
end

function _caro_load
    # fish looks there for caro.fish at the first Tab behind `caro`.
    set -l completions (string replace -r '[^/]*$' completions -- $_caro_directory)
    builtin contains -- $completions $fish_complete_path; or set -ga fish_complete_path $completions
    set -e _caro_is_read
    set -e _caro_aliases
    set -g _caro_modes default insert visual replace replace_one
    set -g _caro_words ',\p{L}[\p{L}\p{N}._+/:%@=~-]*'
    set -g _caro_text '(?s)\s*[^\s#].*\s,,'
    # Where it cannot be told which terminal it is, it is the client's own too.
    set -g _caro_tty (builtin path resolve /dev/fd/0)
    string match -qr '^/dev/(?:pts/|tty)' -- "$_caro_tty"; or set -g _caro_tty /dev/tty
    _caro_read_settings
    _caro_read_abbreviations
    builtin abbr --add caro-words --position anywhere --regex $_caro_words --function _caro_on_word
    builtin abbr --add caro-text --position anywhere --regex '(?s)(?:.*\s)?,,\s?' --function _caro_on_text
    function _caro_preexec_hook --on-event fish_preexec
        _caro_on_leave
    end
    function _caro_leave_hook --on-event fish_cancel --on-event fish_posterror --on-event fish_exit
        _caro_on_leave
    end
    function _caro_cancel_hook --on-event fish_cancel
        _caro_on_cancel
    end
    function _caro_postexec_hook --on-event fish_postexec
        _caro_on_postexec "$argv[1]"
    end
    function _caro_prompt_hook --on-event fish_prompt
        _caro_on_prompt
    end
    function _caro_first_prompt_hook --on-event fish_prompt
        _caro_on_first_prompt
    end
end
