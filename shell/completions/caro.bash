# shellcheck shell=bash
# The completions of `caro` for bash, 4.4 or newer. Made by `python -m manual` from manual/templates/caro.bash and the
# parsers of caro_shell/cli; edit those. caro's own script loads this file at the first Tab, bash-completion finds it too.

# Find what `caro $1` takes, $1 being its verbs: `verbs`, `options`, and `places`, of which the last may end in *.
_caro_completions_of() {
  verbs='' options='' places=()
  case "$1" in
    '')
      verbs='setup tour init explain check abbr daemon models config forget last doctor bench uninstall'
      options='-h --help --json --batch -n --shell --model --fresh --print --plain --force --version'
      places=('text*')
      ;;
    'setup')
      options='-h --help --yes -y --shell --no-rc --model'
      ;;
    'tour')
      options='-h --help --shell'
      ;;
    'init')
      options='-h --help'
      places=('words:zsh bash fish')
      ;;
    'explain')
      options='-h --help --shell --model --local --json'
      places=('command*')
      ;;
    'check')
      options='-h --help --batch --shell --json'
      places=('command*')
      ;;
    'abbr')
      verbs='add list rm'
      options='-h --help'
      ;;
    'abbr add')
      options='-h --help --command --request --shell'
      places=('text' 'text*')
      ;;
    'abbr list')
      options='-h --help --json'
      ;;
    'abbr rm')
      options='-h --help'
      places=('abbreviation*')
      ;;
    'daemon')
      verbs='run start warm stop restart status logs install uninstall'
      options='-h --help'
      ;;
    'daemon run')
      options='-h --help'
      ;;
    'daemon start')
      options='-h --help --json'
      ;;
    'daemon warm')
      options='-h --help --json --at-login'
      ;;
    'daemon stop')
      options='-h --help --json'
      ;;
    'daemon restart')
      options='-h --help --json'
      ;;
    'daemon status')
      options='-h --help --json'
      ;;
    'daemon logs')
      options='-h --help'
      ;;
    'daemon install')
      options='-h --help --json'
      ;;
    'daemon uninstall')
      options='-h --help --json'
      ;;
    'models')
      verbs='list info path pull use rm verify export import requantize'
      options='-h --help'
      ;;
    'models list')
      options='-h --help --json --all'
      ;;
    'models info')
      options='-h --help --json'
      places=('model')
      ;;
    'models path')
      options='-h --help'
      places=('model')
      ;;
    'models pull')
      options='-h --help --json --from --source --no-last-resort'
      places=('model*')
      ;;
    'models use')
      options='-h --help'
      places=('model')
      ;;
    'models rm')
      options='-h --help --force'
      places=('model*')
      ;;
    'models verify')
      options='-h --help --json'
      places=('model*')
      ;;
    'models export')
      options='-h --help'
      places=('directory' 'model*')
      ;;
    'models import')
      options='-h --help'
      places=('directory')
      ;;
    'models requantize')
      options='-h --help'
      places=('model' 'words:q4_0 q8_0')
      ;;
    'config')
      verbs='get set unset list path edit'
      options='-h --help'
      ;;
    'config get')
      options='-h --help --json'
      places=('key')
      ;;
    'config set')
      options='-h --help --json'
      places=('key' 'text')
      ;;
    'config unset')
      options='-h --help --json'
      places=('key')
      ;;
    'config list')
      options='-h --help --json'
      ;;
    'config path')
      options='-h --help'
      ;;
    'config edit')
      options='-h --help'
      ;;
    'forget')
      options='-h --help --all'
      places=('text*')
      ;;
    'last')
      options='-h --help --json'
      ;;
    'doctor')
      options='-h --help --json --fix --report'
      ;;
    'bench')
      options='-h --help -n --cold --shell --vs --vs-cold --limit --svg --read --engines --models --json'
      ;;
    'uninstall')
      options='-h --help --yes -y --keep-models'
      ;;
  esac
}

# Find in `place` what the value of option $1 may be; false where it takes none.
_caro_value_of() {
  case "$1" in
    -n) place='text' ;;
    --shell) place='words:zsh bash fish' ;;
    --model) place='model' ;;
    --from) place='file' ;;
    --source) place='words:hub index file url cache' ;;
    --report) place='file' ;;
    --cold) place='text' ;;
    --vs) place='text' ;;
    --vs-cold) place='text' ;;
    --limit) place='text' ;;
    --svg) place='file' ;;
    --read) place='file' ;;
    --engines) place='text' ;;
    --models) place='text' ;;
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
      for word in tiny small large xl smollm2 auto tiny:q2_k tiny:q3_k_m tiny:q4_0 tiny:q5_0 tiny:q5_k_m tiny:q6_k tiny:q8_0 tiny:fp16 small:q2_k small:q3_k_m small:q4_0 small:q5_0 small:q5_k_m small:q6_k small:q8_0 large:q2_k large:q3_k_m large:q4_0 large:q5_0 large:q5_k_m large:q6_k large:q8_0 large:fp16 xl:q2_k xl:q3_k_m xl:q4_0 xl:q5_0 xl:q5_k_m xl:q6_k xl:q8_0 xl:fp16; do
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
    key) list='model models_dir engine device threads gpu_layers context base_url server_model server_timeout api_key api_key_file allow_http fallback max_tokens idle_unload idle_exit queue examples adapter proof log_requests key explain_key comment style keep_request fix_output learn hints history menu editing' ;;
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
