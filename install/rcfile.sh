# shellcheck shell=sh
# Sourced by install.sh: one marked block in the rc file of the user's shell, put there and taken out again.

BEGIN='# >>> caro >>>'
END='# <<< caro <<<'
UNENDED='after a line without an end'
NEW='in a new file'

rc_file() { # SHELL: where its user keeps such lines
  case $1 in
    zsh) echo "$(zsh_directory)/.zshrc" ;;
    bash) echo "$HOME/$(bash_file)" ;;
    fish) echo "${XDG_CONFIG_HOME:-$HOME/.config}/fish/config.fish" ;;
  esac
}

bash_file() { # the terminals of macOS start login shells, which read the first of these that is there
  [ "$(uname -s)" = Darwin ] || {
    echo .bashrc
    return
  }
  for file in .bash_profile .bash_login .profile; do
    [ ! -e "$HOME/$file" ] || break
  done
  [ -e "$HOME/$file" ] && echo "$file" || echo .bash_profile
}

zsh_directory() { # many set ZDOTDIR in .zshenv without exporting it, so zsh itself is asked
  told=${ZDOTDIR-}
  # shellcheck disable=SC2016  # zsh is to expand it
  [ -n "$told" ] || told=$(zsh -c 'print -r -- "caro:$ZDOTDIR"' 2>/dev/null </dev/null | sed -n 's/^caro://p') || :
  case $told in
    /*) echo "$told" ;;
    *) echo "$HOME" ;;
  esac
}

real_file() { # PATH: the file that a chain of symbolic links ends at
  real=$1 links=0
  while [ -L "$real" ]; do
    links=$((links + 1))
    [ "$links" -le 40 ] || fail "$1 is a symbolic link that leads in a circle." 'Mend it, or use --no-rc.'
    to=$(readlink -- "$real")
    case $to in
      /*) real=$to ;;
      *) real=$(dirname -- "$real")/$to ;;
    esac
  done
  printf '%s\n' "$real"
}

find_block() { # FILE: sets FIRST and LAST, its lines; empty when there is none
  FIRST=$(LC_ALL=C sed -n "/^$BEGIN/=" "$1")
  LAST=$(LC_ALL=C sed -n "/^$END\$/=" "$1")
  case $FIRST:$LAST in
    :) return ;;
    :* | *: | *[!0-9:]*) ;;
    *) [ "$FIRST" -gt "$LAST" ] || return 0 ;;
  esac
  fail "The lines between \"$BEGIN\" and \"$END\" in $1 are no longer whole." 'Remove them by hand, or use --no-rc.'
}

# What stands in FILE before and after its block, byte for byte.
before_block() { [ "$FIRST" = 1 ] || head -n $((FIRST - 1)) -- "$1"; }
after_block() { tail -n +$((LAST + 1)) -- "$1"; }

remark_of() { # FILE: what its block remembers of the file before it
  sed -n "${FIRST}s/^$BEGIN (\(.*\))\$/\1/p" "$1"
}

# Decides what becomes of the rc file before anything is done: RC_MODE is edit, print or none.
plan_rc() {
  RC_MODE=none
  if [ -z "$RC" ]; then
    RC_WHY="no key: $SHELL_NAME is none of zsh, bash, fish; choose one with --shell"
  elif [ "$RC_WANTED" = no ]; then
    RC_MODE=print RC_WHY="$(short "$RC") is left alone; the lines for it are printed"
  elif [ "$YES" = no ] && [ "$ASKING" = no ]; then
    RC_MODE=print RC_WHY="$(short "$RC") is left alone (no terminal to ask at, no --yes); the lines for it are printed"
  else
    RC_MODE=edit RC_WHY="one marked block in $(short "$RC"), for Ctrl-G"
    check_rc
  fi
}

check_rc() {
  TARGET=$(real_file "$RC")
  [ -e "$TARGET" ] || return 0
  # The mode is asked, not the kernel: it is the owner's wish even where root could write.
  if [ ! -f "$TARGET" ] || [ -z "$(find "$TARGET" -prune -perm -200)" ] || [ ! -w "$(dirname -- "$TARGET")" ]; then
    fail "$RC cannot be changed: it is read-only." 'Make it writable, or use --no-rc and put the lines where you keep such things.'
  fi
  find_block "$TARGET"
}

block_text() { # REMARK
  lines=$("$CARO" init "$SHELL_NAME" 2>>"$LOG") || fail "caro init $SHELL_NAME failed." "All that was said is in $LOG."
  script=$(printf '%s\n' "$lines" | sed -n 's/^source //p')
  say "$BEGIN${1:+ ($1)}" "# for $ROOT; \`install.sh --uninstall\` takes these lines out again"
  case $SHELL_NAME in
    fish)
      say "if test -r $script"
      prefix_settings 'test -n "$%s"; or set -gx %s %s\n'
      say "$lines" end
      ;;
    *)
      say "if [[ -r $script ]]; then"
      prefix_settings '[ -n "${%s-}" ] || export %s=%s\n'
      say "$lines" fi
      ;;
  esac
  say "$END"
}

write_block() {
  remark='' FIRST='' LAST=''
  TARGET=$(real_file "$RC")
  if [ ! -e "$TARGET" ]; then
    make_dir "$(dirname -- "$TARGET")"
    remark=$NEW
  else
    find_block "$TARGET"
    if [ -n "$FIRST" ]; then
      remark=$(remark_of "$TARGET")
    elif [ -s "$TARGET" ] && [ "$(tail -c 1 -- "$TARGET" | wc -l)" -eq 0 ]; then
      remark=$UNENDED
    fi
  fi
  block_text "$remark" >"$WORK/block"
  with_block "$remark" >"$WORK/rc"
  note rc "$RC"
  replace_file "$TARGET" "$WORK/rc"
}

with_block() { # REMARK: TARGET's text, the new block in the place of the old one or at the end
  if [ -n "$FIRST" ]; then
    before_block "$TARGET"
    cat -- "$WORK/block"
    after_block "$TARGET"
    return
  fi
  [ ! -e "$TARGET" ] || cat -- "$TARGET"
  [ "$1" != "$UNENDED" ] || echo
  cat -- "$WORK/block"
}

replace_file() { # FILE NEW: whole or not at all, with FILE's mode and owner
  [ ! -e "$1" ] || ! cmp -s -- "$1" "$2" || return 0
  fresh=$(mktemp "$(dirname -- "$1")/.caro.XXXXXX") || fail "$1 cannot be written." 'Look at the rights of its directory.'
  if [ -e "$1" ]; then cp -p -- "$1" "$fresh"; else chmod "$(printf '%o' $((0666 & ~$(umask))))" "$fresh"; fi
  if cat -- "$2" >"$fresh" && mv -f -- "$fresh" "$1"; then return; fi
  rm -f -- "$fresh"
  fail "$1 could not be written; it is as it was." 'Is the disk full?'
}

remove_block() { # RC: only the block of this installation
  file=$(real_file "$1")
  [ -f "$file" ] || return 0
  find_block "$file"
  if [ -z "$FIRST" ] || ! grep -qF -- "# for $ROOT; " "$file"; then return; fi
  remark=$(remark_of "$file")
  before_block "$file" >"$WORK/before"
  after_block "$file" >"$WORK/after"
  if [ "$remark" = "$UNENDED" ] && [ ! -s "$WORK/after" ]; then
    head -c $(($(wc -c <"$WORK/before") - 1)) -- "$WORK/before" >"$WORK/rc"
  else
    cat -- "$WORK/before" "$WORK/after" >"$WORK/rc"
  fi
  if [ "$remark" = "$NEW" ] && [ ! -s "$WORK/rc" ]; then
    rm -f -- "$file"
  else
    replace_file "$file" "$WORK/rc"
  fi
}
