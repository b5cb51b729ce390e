# shellcheck shell=sh
# Sourced by install.sh and setup.sh: one marked block in the rc file of the user's shell.

BEGIN='# >>> caro >>>'
END='# <<< caro <<<'
UNENDED='after a line without an end'
NEW='in a new file'
# An editor may have given the file the line ends of another system.
CR=$(printf '\r')

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

real_file() { # PATH: the file that a chain of symbolic links ends at; fails where that is none
  real=$1 links=0
  while [ -L "$real" ]; do
    links=$((links + 1))
    [ "$links" -le 40 ] || return 1
    to=$(readlink -- "$real")
    case $to in
      /*) real=$to ;;
      *) real=$(dirname -- "$real")/$to ;;
    esac
  done
  printf '%s\n' "$real"
}

# The mode is asked, not the kernel: it is the owner's wish even where root could write.
may_change() { # FILE
  [ -f "$1" ] && [ -n "$(find "$1" -prune -perm -200)" ] && [ -w "$(dirname -- "$1")" ]
}

find_block() { # FILE: sets FIRST and LAST, its lines, empty when there is none; fails when it is no longer whole
  FIRST=$(LC_ALL=C sed -n "/^$BEGIN/=" "$1")
  LAST=$(LC_ALL=C sed -n "/^$END$CR*\$/=" "$1")
  case $FIRST:$LAST in
    :) ;;
    :* | *: | *[!0-9:]*) return 1 ;;
    *) [ "$FIRST" -lt "$LAST" ] ;;
  esac
}

# What stands in FILE before and after its block, and the block itself, byte for byte.
before_block() { [ "$FIRST" = 1 ] || head -n $((FIRST - 1)) -- "$1"; }
after_block() { tail -n +$((LAST + 1)) -- "$1"; }
inside_block() { head -n "$LAST" -- "$1" | tail -n +"$FIRST"; }

remark_of() { # FILE: what its block remembers of the file before it
  LC_ALL=C sed -n "${FIRST}s/^$BEGIN (\(.*\))$CR*\$/\1/p" "$1"
}

# What was written there is noted by its sum, without the line ends of another system.
block_sum() { tr -d '\r' | cksum | tr ' ' -; }

was_edited() { # FILE RC: whether its block is none that was noted; without any note, it is taken for ours
  sums=$(noted "block [^ ]*" | grep -cxF -- "$2") || sums=0
  [ "$sums" != 0 ] && ! grep -qxF -- "block $(inside_block "$1" | block_sum) $2" "$NOTES"
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
  TARGET=$(real_file "$RC") || fail "$RC is a symbolic link that leads in a circle." 'Mend it, or use --no-rc.'
  [ -e "$TARGET" ] || return 0
  may_change "$TARGET" ||
    fail "$RC cannot be changed: it is read-only." 'Make it writable, or use --no-rc and put the lines where you keep such things.'
  find_block "$TARGET" || fail "$(not_whole "$TARGET")" 'Remove them by hand, or use --no-rc.'
}

not_whole() { # FILE
  echo "The lines between \"$BEGIN\" and \"$END\" in $1 are no longer whole."
}

block_text() { # REMARK
  lines=$("$CARO" init "$SHELL_NAME" 2>>"$LOG") || fail "caro init $SHELL_NAME failed." "All that was said is in $LOG."
  script=$(printf '%s\n' "$lines" | sed -n 's/^source //p')
  say "$BEGIN${1:+ ($1)}" "# for $ROOT; \`caro uninstall\` takes these lines out again"
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
    find_block "$TARGET" || fail "$(not_whole "$TARGET")" 'Remove them by hand, or use --no-rc.'
    if [ -n "$FIRST" ]; then
      remark=$(remark_of "$TARGET")
      ! was_edited "$TARGET" "$RC" || show_edited "$TARGET" 'were written anew'
    elif [ -s "$TARGET" ] && [ "$(tail -c 1 -- "$TARGET" | wc -l)" -eq 0 ]; then
      remark=$UNENDED
    fi
  fi
  block_text "$remark" >"$WORK/block"
  with_block "$remark" >"$WORK/rc"
  note rc "$RC"
  note "block $(block_sum <"$WORK/block")" "$RC"
  replace_file "$TARGET" "$WORK/rc"
}

# Nothing that somebody has typed goes without being shown.
show_edited() { # FILE WHAT
  say "  The lines between caro's marks in $(short "$1") had been changed by hand and $2; they were:"
  inside_block "$1" | sed 's/^/    | /'
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

# Only the block of this installation. One that must not be touched stays, is named, and keeps nothing else from going.
remove_block() { # RC
  file=$(real_file "$1") || return 0
  [ -f "$file" ] && grep -qF -- "# for $ROOT; " "$file" || return 0
  if ! find_block "$file"; then
    leave_block "$(not_whole "$file")"
    return
  fi
  [ -n "$FIRST" ] || return 0
  if ! may_change "$file"; then
    leave_block "$file is read-only, so caro's lines stay in it; without caro they do nothing."
    return
  fi
  ! was_edited "$file" "$1" || show_edited "$file" 'are taken out'
  text_without_block "$file" >"$WORK/rc"
  if [ "$(remark_of "$file")" = "$NEW" ] && [ ! -s "$WORK/rc" ]; then
    rm -f -- "$file"
  else
    replace_file "$file" "$WORK/rc"
  fi
}

leave_block() { # WHY
  complain "$1" 'Remove them by hand.'
  LEFT_BEHIND=yes
}

text_without_block() { # FILE
  before_block "$1" >"$WORK/before"
  after_block "$1" >"$WORK/after"
  if [ -s "$WORK/before" ] && [ ! -s "$WORK/after" ] && [ "$(remark_of "$1")" = "$UNENDED" ]; then
    # The end that its last line was given goes again, in whichever form it has come to be.
    ended=$(tail -c 2 -- "$WORK/before" | LC_ALL=C tr '\n' N)
    case $ended in
      "${CR}N") [ -z "$(inside_block "$1" | sed -n "1s/$CR\$/x/p")" ] || set -- "$1" 2 ;;
    esac
    head -c $(($(wc -c <"$WORK/before") - ${2:-1})) -- "$WORK/before"
  else
    cat -- "$WORK/before" "$WORK/after"
  fi
}
