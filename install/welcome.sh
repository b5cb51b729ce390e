# shellcheck shell=sh
# Sourced by install.sh and setup.sh: what somebody reads who has just got caro: what to press, and what to try.

welcome() { # COMMAND: how caro is called here
  undo=Ctrl-_
  [ "$SHELL_NAME" != fish ] || undo=Ctrl-Z
  say "  In a new $SHELL_NAME, or after \`exec $SHELL_NAME\`, type what you want in words and press Ctrl-G:" \
    '    Ctrl-G   the words become a command; once more, another one' \
    "    $undo   your words are back" \
    '    Alt-G    explains the command on the line' \
    '  Nothing runs before you press Enter.' \
    "  To try all of it in two minutes: $1 tour"
}

# What this caro is called in the user's shells: by its name where PATH leads to it.
called() {
  case :$PATH: in
    *":$BIN:"*) echo caro ;;
    *) short "$LINK" ;;
  esac
}

# Beside BIN, where `man` looks for whoever has BIN on PATH; somebody else's page stays.
link_page() {
  page=$VENV/share/man/man1/caro.1
  beside=$(dirname -- "$BIN")/share/man/man1
  [ -f "$page" ] || return 0
  make_dir "$beside"
  if [ "$(readlink -- "$beside/caro.1" 2>/dev/null || :)" != "$page" ]; then
    [ ! -e "$beside/caro.1" ] && [ ! -L "$beside/caro.1" ] || return 0
    ln -s -- "$page" "$beside/caro.1" || return 0
  fi
  note link "$beside/caro.1"
}
