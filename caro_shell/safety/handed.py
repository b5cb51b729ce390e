"""Commands that are handed to a program as a text: nobody says that it runs them, and nobody that it does not."""

import re
from collections.abc import Iterator

from caro_shell.safety.call import Call
from caro_shell.safety.words import Word, plain

# These print, search, keep or send what they are given; they run none of it.
TALKERS = frozenset(
    """echo printf print say cat tac less more bat head tail grep egrep fgrep rg ag ack git gh glab hub jira tig sed
    awk gawk mawk perl ruby python python3 node php jq yq xq tr cut sort uniq wc test [ [[ true false read basename
    dirname touch mkdir ls cp mv ln rm stat file find fd locate which type whereis whatis apropos man tldr info help
    history fc alias abbr unalias export declare typeset local readonly set unset logger wall notify-send write mail
    mutt sendmail curl wget http https xh nc ncat figlet cowsay toilet lolcat espeak zenity dialog kdialog whiptail
    osascript tee xclip xsel pbcopy wl-copy clip caro llm ollama aichat sgpt chatgpt claude code subl nano vim vi
    nvim emacs ed psql mysql sqlite3 mariadb mongosh redis-cli shellcheck shfmt bash-language-server explain
    explainshell cheat string fish_indent column fold fmt rev diff cmp patch md5sum sha256sum base64 xxd od hexdump
    docker podman kubectl task todo note jrnl zk nb taskwarrior timew chezmoi hist atuin mcfly fzf sk peco expr bc
    dc seq date cal id who tput stty complete compgen bind bindkey trap command builtin assert it describe pytest
    ctest bats :""".split()  # noqa: SIM905
)
# What a text has to begin with to be taken for a command of the dangerous kind.
_BEGINS = re.compile(
    r"\s*(?:!|\|)?\s*(?:(?:sudo|doas|env|exec|nohup|sh|bash|zsh|dash)\s+(?:-\w+\s+)*['\"]?)?"
    r"(?:/\S*/)?(?:rm|dd|shred|mkfs\S*|wipefs|chmod|chown|find|mv|curl|wget|kill|pkill|killall|reboot|shutdown|poweroff|halt"
    r"|cat|tee|truncate|git|terraform|kubectl|docker|dropdb|psql|mysql|redis-cli|crontab|:\(\)|>|cd|rsync|cp|nc|ncat|bash|sh"
    r"|userdel|passwd|systemctl|init|fdisk|parted|blkdiscard|iptables|ufw|aws|gcloud|az|eval|source|base64|echo|python3?|perl)"
    r"(?=[\s|;&]|$)"
)
# Variables that hold a command which some program runs.
_RUN_BY_OTHERS = re.compile(
    r"\w*(COMMAND|EDITOR|VISUAL|PAGER|OPEN|OPENER|CLOSE|HOOK|CMD|BROWSER|_ENV|ASKPASS|SHELL|DIFF|MERGE)$"
)


def texts_of(call: Call) -> Iterator[str]:
    """Yield the texts among the words of a call that are commands, unless it is known to run nothing."""
    if call.name in TALKERS:
        return
    for word in call.arguments:
        for value in word.values[:2]:
            for text in (value, value.partition("=")[2].lstrip("[\"'{ ")):
                if " " in text and _BEGINS.match(text):
                    yield plain(text)


def is_run_by_others(name: str, value: str) -> bool:
    """Say whether the value of a variable is a command that some program will run."""
    return bool(_RUN_BY_OTHERS.fullmatch(name) and " " in value and _BEGINS.match(value))


def behind_dashes(call: Call) -> list[Word]:
    """Return the words behind `--`, where they are a command of the dangerous kind."""
    values = [word.value for word in call.words]
    if call.name in TALKERS or "--" not in values:
        return []
    rest = list(call.words[values.index("--") + 1 :])
    return rest if len(rest) > 1 and _BEGINS.match(rest[0].value) else []


# What nobody writes behind another program's name unless that program is to run it, with how it goes on.
_RUN_BEHIND = re.compile(
    r"(?:/\S*/)?(?:rm|shred|srm|rimraf|wipefs|mkfs(?:\.\w+)?|dd|chmod|chown|truncate|find|sudo|(?:ba|z|da|k)?sh)"
)
_GOES_ON = re.compile(r"-\S|[/~]|\ue003|if=|of=|rm$|[0-7]{3,4}$")
_MOST_BEFORE = 8


def behind_others(call: Call) -> list[Word]:
    """Return the words of a dangerous command behind those of a program that nobody has listed: `x -n 3 rm -rf /`."""
    if call.name in TALKERS or call.name in KNOWN_BY_SUBCOMMANDS:
        return []
    words = list(call.words)
    for at in range(1, min(len(words) - 1, _MOST_BEFORE)):
        if _RUN_BEHIND.fullmatch(words[at].value) and _GOES_ON.match(words[at + 1].value):
            # The value of an option is no command: `--exclude rm`.
            return words[at:] if not words[at - 1].value.startswith("--") or words[at - 1].value in _ENDS else []
    return []


_ENDS = frozenset({"--", "--args", "--command", "--exec", "--run"})
# Whose own subcommands are called like commands: `docker rm -f web`, `npm rm -g x`.
KNOWN_BY_SUBCOMMANDS = frozenset(
    """docker podman nerdctl buildah crictl ctr npm pnpm yarn bun brew svn hg bzr aws gcloud gsutil az mc s3cmd s5cmd b2
    kubectl oc helm vercel heroku fly flyctl storybook apt apt-get dnf yum pacman pass gopass rclone hdfs hadoop zfs
    lxc incus git-annex dvc uv poetry cargo nats kaf borg restic gh glab tmux chezmoi yadm stow rpm dpkg man tldr
    install rm mv cp ln rsync scp tar zip unzip chmod chown chgrp find fd shred dd sudo doas su make just task
    for function alias complete compdef strace ltrace apropos systemctl service snap flatpak conda mamba""".split()  # noqa: SIM905
)
