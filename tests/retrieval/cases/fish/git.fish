function __fish_cases
    echo (git --exec-path)
end
complete -c git -a stash -d "Put uncommitted changes aside"
complete -c git -n '__fish_git_using_command commit' -s a -l all -d 'Stage every modified file first'
complete -c git -l no-pager -d "Print without a pager"
complete -c git -a '(__fish_cases)' -d "Whatever there is"
