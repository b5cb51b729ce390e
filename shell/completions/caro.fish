# The completions of `caro` for fish, 3.6 or newer. Made by `python -m manual` from manual/templates/caro.fish and the
# parsers of caro_shell/cli; edit those. fish reads this file at the first Tab behind `caro`.

set -g __caro_verbs setup tour init explain check abbr 'abbr add' 'abbr list' 'abbr rm' daemon 'daemon run' 'daemon start' 'daemon warm' 'daemon stop' 'daemon restart' 'daemon status' 'daemon logs' 'daemon install' 'daemon uninstall' models 'models list' 'models info' 'models path' 'models pull' 'models use' 'models rm' 'models verify' 'models export' 'models import' 'models requantize' config 'config get' 'config set' 'config unset' 'config list' 'config path' 'config edit' forget last doctor bench uninstall
set -g __caro_valued -n --shell --model --from --source --report --cold --vs --vs-cold --limit --svg --read --engines --models
set -g __caro_models tiny small large xl smollm2 auto tiny:q2_k tiny:q3_k_m tiny:q4_0 tiny:q5_0 tiny:q5_k_m tiny:q6_k tiny:q8_0 tiny:fp16 small:q2_k small:q3_k_m small:q4_0 small:q5_0 small:q5_k_m small:q6_k small:q8_0 large:q2_k large:q3_k_m large:q4_0 large:q5_0 large:q5_k_m large:q6_k large:q8_0 large:fp16 xl:q2_k xl:q3_k_m xl:q4_0 xl:q5_0 xl:q5_k_m xl:q6_k xl:q8_0 xl:fp16
set -g __caro_keys model models_dir engine device threads gpu_layers context base_url server_model server_timeout api_key api_key_file allow_http fallback max_tokens idle_unload idle_exit queue examples adapter proof log_requests key explain_key comment style keep_request fix_output learn hints history menu editing

# Find in __caro_chain the verbs that the line begins with, and in __caro_number how many words stand behind them.
function __caro_look
    set -l words (commandline -opc)
    set -e words[1]
    set -g __caro_chain ''
    set -g __caro_number 0
    set -l is_value
    for word in $words
        if test -n "$is_value"
            set is_value
            continue
        end
        if builtin contains -- $word $__caro_valued
            set is_value 1
            continue
        end
        string match -q -- '-*' $word; and continue
        set -l longer (string trim -- "$__caro_chain $word")
        if test $__caro_number -eq 0; and builtin contains -- "$longer" $__caro_verbs
            set __caro_chain $longer
        else
            set __caro_number (builtin math $__caro_number + 1)
        end
    end
end

# Whether the verbs of the line are $argv[1].
function __caro_is
    __caro_look
    test "$__caro_chain" = "$argv[1]"
end

# Whether the verbs are $argv[1], and $argv[2] words stand behind them; with a third word, or more.
function __caro_at
    __caro_is $argv[1]; or return 1
    test $__caro_number -eq $argv[2]; or begin
        set -q argv[3]; and test $__caro_number -gt $argv[2]
    end
end

# Print what `caro abbr` keeps, a name a line.
function __caro_abbreviations
    set -l base "$XDG_CONFIG_HOME"
    test -n "$base"; or set base ~/.config
    set -l file $base/caro/abbreviations
    test -z "$CARO_CONFIG"; or set file (string replace -r '[^/]*$' '' -- $CARO_CONFIG)abbreviations
    test -r $file; or return 0
    while read -l line
        string match -r '^[^#\t][^\t]*(?=\t)' -- $line
    end <$file
    return 0
end

complete -c caro -f
complete -c caro -n '__caro_at \'\' 0' -a setup -d 'fetch a model, put the key into your shell'
complete -c caro -n '__caro_at \'\' 0' -a tour -d 'two minutes to try the keys, in your own shell'
complete -c caro -n '__caro_at \'\' 0' -a init -d 'the lines that load caro into your shell'
complete -c caro -n '__caro_at \'\' 0' -a explain -d 'what a command does'
complete -c caro -n '__caro_at \'\' 0' -a check -d 'how dangerous a command is, and why'
complete -c caro -n '__caro_at \'\' 0' -a abbr -d 'keep commands under names of your own'
complete -c caro -n '__caro_at \'\' 0' -a daemon -d 'the process that keeps the model warm'
complete -c caro -n '__caro_at \'\' 0' -a models -d 'the weights: list, fetch, use, remove'
complete -c caro -n '__caro_at \'\' 0' -a config -d 'the settings, and where each comes from'
complete -c caro -n '__caro_at \'\' 0' -a forget -d 'what is kept of earlier answers'
complete -c caro -n '__caro_at \'\' 0' -a last -d 'exactly what was sent last time'
complete -c caro -n '__caro_at \'\' 0' -a doctor -d 'what is wrong, and the command that mends it'
complete -c caro -n '__caro_at \'\' 0' -a bench -d 'how fast it is, step by step'
complete -c caro -n '__caro_at \'\' 0' -a uninstall -d 'take all of it away again'
complete -c caro -n '__caro_is \'\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'\'' -l json -d 'print one object with everything known about the answer'
complete -c caro -n '__caro_is \'\'' -l batch -d 'read one request a line, write one answer a line'
complete -c caro -n '__caro_is \'\'' -s n -x -d 'up to N different commands, a line each'
complete -c caro -n '__caro_is \'\'' -l shell -x -a 'zsh bash fish' -d 'the shell the command is for (default: yours)'
complete -c caro -n '__caro_is \'\'' -l model -r -F -a '$__caro_models' -d 'a model\'s name or file, for this request'
complete -c caro -n '__caro_is \'\'' -l fresh -d 'do not answer from the cache'
complete -c caro -n '__caro_is \'\'' -l print -d 'at a terminal, too: print the command and ask nothing'
complete -c caro -n '__caro_is \'\'' -l plain -d 'at a terminal: lines that can be read aloud, and questions'
complete -c caro -n '__caro_is \'\'' -l force -d 'let the menu run what would destroy the system or a home'
complete -c caro -n '__caro_is \'\'' -l version -d 'show program\'s version number and exit'
complete -c caro -n '__caro_is setup' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is setup' -l yes -s y -d 'ask nothing; every answer is yes'
complete -c caro -n '__caro_is setup' -l shell -x -a 'zsh bash fish' -d 'the shell that gets the key (default: yours)'
complete -c caro -n '__caro_is setup' -l no-rc -d 'leave the shell\'s rc file alone and print the lines instead'
complete -c caro -n '__caro_is setup' -l model -r -F -a '$__caro_models' -d 'a name of `caro models list`, auto, the path of a GGUF file, or none (default: the one in use, or small)'
complete -c caro -n '__caro_is tour' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is tour' -l shell -x -a 'zsh bash fish' -d 'the shell to try it in (default: yours)'
complete -c caro -n '__caro_is init' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_at init 0' -a 'zsh bash fish'
complete -c caro -n '__caro_is explain' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is explain' -l shell -x -a 'zsh bash fish' -d 'the shell the command is for (default: yours)'
complete -c caro -n '__caro_is explain' -l model -r -F -a '$__caro_models' -d 'a model\'s name or file, for this request'
complete -c caro -n '__caro_is explain' -l local -d 'ask no model'
complete -c caro -n '__caro_is explain' -l json -d 'print one object: the parts, and who says what of them'
complete -c caro -n '__caro_at explain 0 more' -a '(__fish_complete_subcommand --fcs-skip=2)'
complete -c caro -n '__caro_is check' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is check' -l batch -d 'a command a line on stdin, an object a line on stdout'
complete -c caro -n '__caro_is check' -l shell -x -a 'zsh bash fish' -d 'whose grammar it has (default: yours)'
complete -c caro -n '__caro_is check' -l json -d 'print one object'
complete -c caro -n '__caro_at check 0 more' -a '(__fish_complete_subcommand --fcs-skip=2)'
complete -c caro -n '__caro_at abbr 0' -a add -d 'keep a command, or the command that the model writes for a request'
complete -c caro -n '__caro_at abbr 0' -a list -d 'NAME, a tab and the command, a line each'
complete -c caro -n '__caro_at abbr 0' -a rm -d 'keep these names no longer'
complete -c caro -n '__caro_is abbr' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'abbr add\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'abbr add\'' -l command -d 'TEXT is a command, whatever it looks like'
complete -c caro -n '__caro_is \'abbr add\'' -l request -d 'TEXT is words, whatever they look like'
complete -c caro -n '__caro_is \'abbr add\'' -l shell -x -a 'zsh bash fish' -d 'the shell a request is for (default: yours)'
complete -c caro -n '__caro_is \'abbr list\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'abbr list\'' -l json -d 'print one object, names to commands'
complete -c caro -n '__caro_is \'abbr rm\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_at \'abbr rm\' 0 more' -a '(__caro_abbreviations)'
complete -c caro -n '__caro_at daemon 0' -a run -d 'be the daemon, in the foreground'
complete -c caro -n '__caro_at daemon 0' -a start -d 'start it now, without a request'
complete -c caro -n '__caro_at daemon 0' -a warm -d 'start it, and load the model before anybody asks'
complete -c caro -n '__caro_at daemon 0' -a stop -d 'let it leave; the next request starts it again'
complete -c caro -n '__caro_at daemon 0' -a restart -d 'stop and start'
complete -c caro -n '__caro_at daemon 0' -a status -d 'what it is doing'
complete -c caro -n '__caro_at daemon 0' -a logs -d 'the last 100 lines of its log'
complete -c caro -n '__caro_at daemon 0' -a install -d 'warm it at every login from now on'
complete -c caro -n '__caro_at daemon 0' -a uninstall -d 'do that no more'
complete -c caro -n '__caro_is daemon' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'daemon run\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'daemon start\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'daemon start\'' -l json -d 'print the status as one object'
complete -c caro -n '__caro_is \'daemon warm\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'daemon warm\'' -l json -d 'print the status as one object'
complete -c caro -n '__caro_is \'daemon warm\'' -l at-login -d 'do nothing while this machine runs on battery'
complete -c caro -n '__caro_is \'daemon stop\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'daemon stop\'' -l json -d 'print the status as one object'
complete -c caro -n '__caro_is \'daemon restart\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'daemon restart\'' -l json -d 'print the status as one object'
complete -c caro -n '__caro_is \'daemon status\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'daemon status\'' -l json -d 'print the status as one object'
complete -c caro -n '__caro_is \'daemon logs\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'daemon install\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'daemon install\'' -l json -d 'print the status as one object'
complete -c caro -n '__caro_is \'daemon uninstall\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'daemon uninstall\'' -l json -d 'print the status as one object'
complete -c caro -n '__caro_at models 0' -a list -d 'the models caro knows, and which of them are here'
complete -c caro -n '__caro_at models 0' -a info -d 'all that is known of a model'
complete -c caro -n '__caro_at models 0' -a path -d 'where the weights of a model lie'
complete -c caro -n '__caro_at models 0' -a pull -d 'fetch models; goes on where an earlier try stopped'
complete -c caro -n '__caro_at models 0' -a use -d 'answer with this model from the next request on'
complete -c caro -n '__caro_at models 0' -a rm -d 'remove models that caro has fetched'
complete -c caro -n '__caro_at models 0' -a verify -d 'check every byte of models against their SHA-256; all that are here without a MODEL'
complete -c caro -n '__caro_at models 0' -a export -d 'copy models and their hashes into a directory, for a machine without network'
complete -c caro -n '__caro_at models 0' -a import -d 'take the models out of such a directory'
complete -c caro -n '__caro_at models 0' -a requantize -d 'make another quantisation of a model, with llama.cpp\'s own quantiser'
complete -c caro -n '__caro_is models' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'models list\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'models list\'' -l json -d 'for programs, on stdout'
complete -c caro -n '__caro_is \'models list\'' -l all -d 'every quantisation, too'
complete -c caro -n '__caro_is \'models info\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'models info\'' -l json -d 'for programs, on stdout'
complete -c caro -n '__caro_at \'models info\' 0' -F -a '$__caro_models'
complete -c caro -n '__caro_is \'models path\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_at \'models path\' 0' -F -a '$__caro_models'
complete -c caro -n '__caro_is \'models pull\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'models pull\'' -l json -d 'for programs, on stdout'
complete -c caro -n '__caro_is \'models pull\'' -l from -r -F -d 'try this file, folder or URL first'
complete -c caro -n '__caro_is \'models pull\'' -l source -x -a 'hub index file url cache' -d 'use this source and no other'
complete -c caro -n '__caro_is \'models pull\'' -l no-last-resort -d 'never put up with a far weaker model'
complete -c caro -n '__caro_at \'models pull\' 0 more' -F -a '$__caro_models'
complete -c caro -n '__caro_is \'models use\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_at \'models use\' 0' -F -a '$__caro_models'
complete -c caro -n '__caro_is \'models rm\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'models rm\'' -l force -d 'also the one in use'
complete -c caro -n '__caro_at \'models rm\' 0 more' -F -a '$__caro_models'
complete -c caro -n '__caro_is \'models verify\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'models verify\'' -l json -d 'for programs, on stdout'
complete -c caro -n '__caro_at \'models verify\' 0 more' -F -a '$__caro_models'
complete -c caro -n '__caro_is \'models export\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_at \'models export\' 0' -a '(__fish_complete_directories)'
complete -c caro -n '__caro_at \'models export\' 1 more' -F -a '$__caro_models'
complete -c caro -n '__caro_is \'models import\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_at \'models import\' 0' -a '(__fish_complete_directories)'
complete -c caro -n '__caro_is \'models requantize\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_at \'models requantize\' 0' -F -a '$__caro_models'
complete -c caro -n '__caro_at \'models requantize\' 1' -a 'q4_0 q8_0'
complete -c caro -n '__caro_at config 0' -a get -d 'the value in force'
complete -c caro -n '__caro_at config 0' -a set -d 'write a value into the file'
complete -c caro -n '__caro_at config 0' -a unset -d 'take a value out of the file'
complete -c caro -n '__caro_at config 0' -a list -d 'every setting, its value, and where that comes from'
complete -c caro -n '__caro_at config 0' -a path -d 'where the file is, or would be'
complete -c caro -n '__caro_at config 0' -a edit -d 'open the file in your editor, and look it over afterwards'
complete -c caro -n '__caro_is config' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'config get\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'config get\'' -l json -d 'print key, value, default and origin as one object'
complete -c caro -n '__caro_at \'config get\' 0' -a '$__caro_keys'
complete -c caro -n '__caro_is \'config set\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'config set\'' -l json -d 'print key, value, default and origin as one object'
complete -c caro -n '__caro_at \'config set\' 0' -a '$__caro_keys'
complete -c caro -n '__caro_is \'config unset\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'config unset\'' -l json -d 'print key, value, default and origin as one object'
complete -c caro -n '__caro_at \'config unset\' 0' -a '$__caro_keys'
complete -c caro -n '__caro_is \'config list\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'config list\'' -l json -d 'print an array of such objects'
complete -c caro -n '__caro_is \'config path\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is \'config edit\'' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is forget' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is forget' -l all -d everything
complete -c caro -n '__caro_is last' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is last' -l json -d 'print one object'
complete -c caro -n '__caro_is doctor' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is doctor' -l json -d 'print one array of findings'
complete -c caro -n '__caro_is doctor' -l fix -d 'mend what can be mended without losing anything'
complete -c caro -n '__caro_is doctor' -l report -r -F -d 'write a file for a bug report (default: caro-report.txt); secrets and names are taken out of it'
complete -c caro -n '__caro_is bench' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is bench' -s n -x -d 'warm requests (default 20)'
complete -c caro -n '__caro_is bench' -l cold -x -d 'cold starts, and after unloading (default 3)'
complete -c caro -n '__caro_is bench' -l shell -x -a 'zsh bash fish' -d 'the shell that the key is pressed in (default: yours)'
complete -c caro -n '__caro_is bench' -l vs -x -d 'another command in turn with warm requests, {} where the request goes; may be given again'
complete -c caro -n '__caro_is bench' -l vs-cold -x -d 'the same, in turn with the cold starts'
complete -c caro -n '__caro_is bench' -l limit -x -d 'give another command up that has not ended by then (default 120)'
complete -c caro -n '__caro_is bench' -l svg -r -F -d 'draw a picture, readable on light and on dark'
complete -c caro -n '__caro_is bench' -l read -r -F -d 'measure nothing: show what --json has printed'
complete -c caro -n '__caro_is bench' -l engines -x -d 'instead: engines beside each other (llama, xllamacpp, openai, mlx, candle)'
complete -c caro -n '__caro_is bench' -l models -x -d 'with --engines: of these models'
complete -c caro -n '__caro_is bench' -l json -d 'print one object'
complete -c caro -n '__caro_is uninstall' -s h -l help -d 'show this help message and exit'
complete -c caro -n '__caro_is uninstall' -l yes -s y -d 'ask nothing; every answer is yes, also about models'
complete -c caro -n '__caro_is uninstall' -l keep-models -d 'leave the models where they are, and do not ask'
