#!/bin/sh
# The rc file's part of install.sh by itself: rc_block.sh put|take HOME INIT SHELL,
# where INIT prints the lines to source.
set -eu

parts=$(dirname -- "$0")/../../install
# shellcheck source=install/steps.sh
. "$parts/steps.sh"
# shellcheck source=install/notes.sh
. "$parts/notes.sh"
# shellcheck source=install/rcfile.sh
. "$parts/rcfile.sh"
# shellcheck source=install/package.sh
. "$parts/package.sh"

ME=rc_block.sh AGAIN=./rc_block.sh LEFT_BEHIND=no
HOME=$2 CARO=$3
ROOT=$HOME/root NOTES=$HOME/root/installed LOG=/dev/null PREFIX='' SHELL_NAME=$4
RC=$(rc_file "$SHELL_NAME") LOCKED='' CLOCK=''
WORK=$(mktemp -d)
trap tidy EXIT
case $1 in
  put) write_block ;;
  take)
    remove_block "$RC"
    [ "$LEFT_BEHIND" = no ]
    ;;
esac
