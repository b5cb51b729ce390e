# shellcheck shell=bash disable=SC2034,SC2154  # its variables are shared with the other parts
# What is shown below the line. In a function that a key runs, the line editor has taken the prompt's last row and the
# line off the screen, the cursor stands where they began, and it writes them again afterwards.

# What takes away all that is drawn below; empty while nothing is.
_caro_erase="${_caro_erase-}"
# The prompt as it is shown, once it had to be known, and how many columns its last row takes.
_caro_prompt='' _caro_prompt_width=-1

# Find out how the prompt is shown. It is expanded once a prompt at most: it may start processes of its own.
_caro_read_prompt() {
  builtin local row=''
  ((_caro_prompt_width < 0)) || return 0
  _caro_prompt="${PS1-}"
  ((! _caro_goes_on)) || _caro_prompt="${PS2-}"
  _caro_prompt="${_caro_prompt@P}"
  row="${_caro_prompt##*$'\n'}"
  while [[ "$row" == *$'\001'*$'\002'* ]]; do
    row="${row%%$'\001'*}${row#*$'\002'}"
  done
  _caro_prompt_width=${#row}
  return 0
}

# Count in _caro_rows how many rows $1 takes at most, when it is written behind $2 columns.
_caro_count_rows() {
  builtin local breaks="${1//[!$'\n']/}" wide="${1//[ -~]/}"
  builtin local -i columns="${COLUMNS:-80}"
  # Whatever is not ASCII may take two columns.
  _caro_rows=$(((${#1} + ${#wide} + $2) / (columns > 0 ? columns : 80) + ${#breaks} + 1))
  return 0
}

# Find in _caro_sgr the parameters of SGR for the setting `style`.
_caro_read_style() {
  builtin local part='' style='' value='' hex='[0-9a-fA-F][0-9a-fA-F]'
  _caro_sgr=
  _caro_setting style fg=8
  style="$_caro_value,"
  while [[ -n "$style" ]]; do
    part="${style%%,*}" style="${style#*,}" value="${part#*=}"
    case "$part" in
      bold) _caro_sgr+=';1' ;;
      faint) _caro_sgr+=';2' ;;
      italic) _caro_sgr+=';3' ;;
      underline) _caro_sgr+=';4' ;;
      standout) _caro_sgr+=';7' ;;
      [fb]g=[0-9] | [fb]g=[0-9][0-9] | [fb]g=[0-9][0-9][0-9]) _caro_sgr+=";${part:0:1}8;5;$value" ;;
      [fb]g=\#$hex$hex$hex)
        builtin printf -v value '%d;%d;%d' "0x${value:1:2}" "0x${value:3:2}" "0x${value:5:2}"
        _caro_sgr+=";${part:0:1}8;2;$value"
        ;;
    esac
  done
  _caro_sgr="${_caro_sgr//f8/38}"
  _caro_sgr="${_caro_sgr//b8/48}"
  _caro_sgr="${_caro_sgr#;}"
  return 0
}

# Keep in _caro_visible what the line editor shows of $1: a control character is no command to the terminal.
_caro_make_visible() {
  builtin local char='' text="$1"
  builtin local -i at=0 code=0
  _caro_visible="$1"
  [[ "${text//[$'\n\t']/}" == *[[:cntrl:]]* ]] || return 0
  _caro_visible=
  for ((at = 0; at < ${#text}; at++)); do
    char="${text:at:1}"
    if [[ "$char" == [[:cntrl:]] && "$char" != [$'\n\t'] ]]; then
      builtin printf -v code '%d' "'$char"
      # As readline writes them: ^[, ^?; others never come so.
      ((code >= 0 && code < 32)) || code=127
      builtin printf -v char '\\x%x' "$((code ^ 64))"
      builtin printf -v char '^%b' "$char"
    fi
    _caro_visible+="$char"
  done
  return 0
}

# Show $1 below the line, in place of what is there. The line is written first, as the line editor will write it, to
# see where it ends.
_caro_show() {
  builtin local line="${READLINE_LINE-}" prompt='' room=''
  builtin local -i rows=0
  _caro_read_style
  _caro_read_prompt
  prompt="${_caro_prompt##*$'\n'}"
  _caro_count_rows "$line" "$_caro_prompt_width"
  rows=_caro_rows
  _caro_count_rows "$1" 0
  rows+=_caro_rows
  _caro_make_visible "$line"
  line="$_caro_visible"
  # Room is made by moving down; the terminal scrolls then, and the place that is saved stays right.
  builtin printf -v room '%*s' "$rows" ''
  builtin printf '\e[J%s\e[%dA\e7%s%s \r\n\e[%sm%s\e[0m\e8' "${room// /$'\n'}" "$rows" \
    "${prompt//[$'\001\002']/}" "${line//$'\n'/$'\r\n'}" "$_caro_sgr" "${1//$'\n'/$'\r\n'}" 2>/dev/null >/dev/tty
  _caro_erase=$'\e[J'
  return 0
}

# Take away what is below the line.
_caro_clear() {
  [[ -z "$_caro_erase" ]] || builtin printf '%s' "$_caro_erase" 2>/dev/null >/dev/tty
  _caro_erase=
  return 0
}
