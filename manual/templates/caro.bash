# shellcheck shell=bash
# The completions of `caro` for bash, 4.4 or newer. Made by `python -m manual` from manual/templates/caro.bash and the
# parsers of caro_shell/cli; edit those. caro's own script loads this file at the first Tab, bash-completion finds it too.

# Find what `caro $1` takes, $1 being its verbs: `verbs`, `options`, and `places`, of which the last may end in *.
_caro_completions_of() {
  verbs='' options='' places=()
  case "$1" in
@commands@
  esac
}

# Find in `place` what the value of option $1 may be; false where it takes none.
_caro_value_of() {
  case "$1" in
@values@
    *) return 1 ;;
  esac
}

# Offer what stands in place $1.
_caro_offer() {
  local word='' list='' whole="${COMP_LINE:0:COMP_POINT}"
  # Readline takes a word apart at : and =, and puts what is offered in the place of the last part.
  whole="${whole##*[[:blank:]=]}"
  case "$1" in
    model)
      for word in @models@; do
        [[ "$word" != "$whole"* ]] || COMPREPLY+=("$word")
      done
      if [[ "$whole" == *:* && "${COMP_WORDBREAKS-}" == *:* ]]; then
        list="${whole%"${whole##*:}"}"
        COMPREPLY=("${COMPREPLY[@]#"$list"}")
      fi
      compopt -o default 2>/dev/null
      ;;
    file) compopt -o default 2>/dev/null ;;
    directory) compopt -o dirnames 2>/dev/null ;;
    key) list='@keys@' ;;
    command)
      if ((number == 0)); then
        while IFS='' read -r word; do COMPREPLY+=("$word"); done < <(compgen -c -- "$current")
      fi
      compopt -o default 2>/dev/null
      ;;
    abbreviation)
      whole="${XDG_CONFIG_HOME:-${HOME-}/.config}/caro/abbreviations"
      [[ -z "${CARO_CONFIG-}" ]] || whole="${CARO_CONFIG%/*}/abbreviations"
      if [[ -r "$whole" ]]; then
        while IFS='' read -r word; do
          [[ "$word" != [!\#]*$'\t'* || "$word" != "$current"* ]] || COMPREPLY+=("${word%%$'\t'*}")
        done <"$whole"
      fi
      ;;
    words:*) list="${1#words:}" ;;
  esac
  for word in $list; do
    [[ "$word" != "$current"* ]] || COMPREPLY+=("$word")
  done
  return 0
}

_caro_complete() {
  local IFS=$' \t\n' verbs='' options='' place='' chain='' word='' current="${COMP_WORDS[COMP_CWORD]}"
  local -a places=()
  local -i at=0 number=0 given=0
  COMPREPLY=()
  _caro_completions_of ''
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="${COMP_WORDS[at]}"
    case "$word" in
      # `small:q8_0` are three words here.
      :) ((at += 1)) ;;
      -*)
        place=''
        if _caro_value_of "$word"; then
          ((at += 1))
          [[ "${COMP_WORDS[at]}" != = ]] || ((at >= COMP_CWORD)) || ((at += 1))
          ((at < COMP_CWORD)) || given=1
        fi
        ;;
      *)
        if ((number == 0)) && [[ " $verbs " == *" $word "* ]]; then
          chain+="${chain:+ }$word"
          _caro_completions_of "$chain"
        else
          number+=1
        fi
        ;;
    esac
  done
  if [[ "$current" == : || "${COMP_WORDS[COMP_CWORD - 1]}" == : ]] && ((number)); then
    # It is the rest of the word before it.
    number=$((number - 1))
  fi
  if ((given)); then
    [[ "$current" != = ]] || current=
    _caro_offer "$place"
  elif [[ "$current" == -* ]]; then
    _caro_offer "words:$options"
  elif ((number == 0)) && [[ -n "$verbs" ]]; then
    _caro_offer "words:$verbs"
  elif ((number < ${#places[@]})); then
    _caro_offer "${places[number]%\*}"
  elif ((${#places[@]})) && [[ "${places[-1]}" == *\* ]]; then
    _caro_offer "${places[-1]%\*}"
  fi
  return 0
}

complete -F _caro_complete caro
