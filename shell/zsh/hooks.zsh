# What the shell tells us: a prompt, a line, a command and its end.

# The command that runs now, the last accepted line, and the last command that failed with its status.
builtin typeset -g _caro_running= _caro_accepted= _caro_failed="$_caro_failed"
builtin typeset -gi _caro_status="$_caro_status"

_caro_on_preexec() {
  builtin emulate -L zsh
  # Without a history zsh tells the command only with its aliases expanded.
  _caro_running="${1:-$3}"
  return 0
}

_caro_on_precmd() {
  builtin local -i ended=$?
  builtin emulate -L zsh -o extended_glob
  builtin local command="$_caro_running"
  # A line that was accepted and did not run is one that zsh did not understand; its status comes later.
  [[ -n "$command" ]] || command="$_caro_accepted" ended=1
  if [[ "$command" == *[^[:space:]]* && "$command" != [[:space:]]#\#* ]]; then
    _caro_failed= _caro_status=$ended
    ((ended)) && _caro_failed="$command"
  fi
  if [[ -n "$_caro_accepted$_caro_running" ]]; then
    _caro_conclude run "${_caro_accepted:-$_caro_running}"
  else
    _caro_conclude left ''
  fi
  _caro_running= _caro_accepted=
  _caro_read_abbreviations
  ((_caro_completes)) || _caro_complete_itself
  return 0
}

# Whether the Tab behind `caro` is somebody's, and where ours is to be read from then.
builtin typeset -gi _caro_completes=0
builtin typeset -g _caro_completions="${${(%):-%x}:A:h:h}/completions/_caro"

# Offer our completions as soon as compinit has run, which may be after the first prompt; somebody else's stay.
_caro_complete_itself() {
  builtin emulate -L zsh
  ((${+functions[compdef]})) || return 0
  _caro_completes=1
  ((${+_comps[caro]})) || { builtin autoload -Uz -- "$_caro_completions" && compdef _caro caro; }
  return 0
}

# A new prompt, whatever ended the old one: nothing that was asked for there may land here.
_caro_on_line_init() {
  builtin emulate -L zsh
  _caro_end
  # Ctrl-C at the second line of a command throws the first one away, too.
  _caro_ghost= _caro_state= _caro_accepted=
  _caro_searching=0 _caro_shown=0
  return 0
}

_caro_on_line_finish() {
  builtin emulate -L zsh
  _caro_accepted="$PREBUFFER$BUFFER"
  _caro_release_interrupt
  [[ -z "$_caro_fd$_caro_suggestion$_caro_ghost" ]] && return 0
  _caro_cancel
  return 0
}

_caro_on_pre_redraw() {
  builtin emulate -L zsh
  # The hook runs before keys that wait are read; then nothing is drawn.
  [[ -n "$BUFFER" ]] && ((! _caro_shown && ! PENDING && ! KEYS_QUEUED_COUNT)) && _caro_shown=1
  [[ -n "$_caro_trap" && -z "$_caro_fd$_caro_suggestion" ]] && _caro_release_interrupt
  [[ -n "$_caro_ghost" ]] && _caro_paint
  return 0
}

# Before the first prompt, when every other plugin has been loaded.
_caro_on_first_prompt() {
  builtin local -i sh_glob=0
  [[ -o sh_glob ]] && sh_glob=1
  builtin emulate -L zsh
  precmd_functions=("${(@)precmd_functions:#_caro_on_first_prompt}")
  _caro_join_hooks
  ((sh_glob)) && _caro_mend_hooks
  # zsh-autosuggestions would draw over us; these lists make it stand back. Ours alone, never a new list.
  if ((${+ZSH_AUTOSUGGEST_CLEAR_WIDGETS})); then
    ZSH_AUTOSUGGEST_CLEAR_WIDGETS=("${(@)ZSH_AUTOSUGGEST_CLEAR_WIDGETS:#caro-generate}" caro-generate)
  fi
  if ((${+ZSH_AUTOSUGGEST_IGNORE_WIDGETS})); then
    ZSH_AUTOSUGGEST_IGNORE_WIDGETS=("${(@)ZSH_AUTOSUGGEST_IGNORE_WIDGETS:#caro-explain}" caro-explain)
  fi
  _caro_bind
  _caro_write_report
  _caro_say_keys
  return 0
}

_caro_join_hooks() {
  builtin emulate -L zsh
  builtin local hook=
  builtin autoload -Uz add-zle-hook-widget
  for hook in line-init line-finish line-pre-redraw isearch-update isearch-exit; do
    add-zle-hook-widget "$hook" "_caro-$hook"
  done
  return 0
}

# What add-zle-hook-widget has defined takes patterns apart under the user's options, and breaks under sh_glob.
_caro_mend_hooks() {
  builtin emulate -L zsh -o no_aliases
  builtin local name= body=
  for name in "${(@k)functions[(I)azhw:*]}"; do
    body="${functions[$name]}"
    [[ "$body" == *no_sh_glob* ]] || functions[$name]="builtin setopt local_options no_sh_glob; $body"
  done
  return 0
}

_caro_load() {
  builtin emulate -L zsh
  builtin zle -N caro-generate _caro_generate
  builtin zle -N caro-explain _caro_explain
  builtin zle -N _caro-take _caro_take
  builtin zle -N _caro-cancel _caro_cancel
  builtin zle -N _caro-line-init _caro_on_line_init
  builtin zle -N _caro-line-finish _caro_on_line_finish
  builtin zle -N _caro-line-pre-redraw _caro_on_pre_redraw
  builtin zle -N _caro-isearch-update _caro_on_search
  builtin zle -N _caro-isearch-exit _caro_on_search_end
  _caro_read_settings
  _caro_read_abbreviations
  builtin typeset -ga preexec_functions precmd_functions zvm_after_init_commands
  preexec_functions=("${(@)preexec_functions:#_caro_on_preexec}" _caro_on_preexec)
  precmd_functions=("${(@)precmd_functions:#_caro_on_(precmd|first_prompt)}" _caro_on_precmd _caro_on_first_prompt)
  # zsh-vi-mode makes its keymaps anew after the first prompt, and runs this list afterwards.
  zvm_after_init_commands=("${(@)zvm_after_init_commands:#_caro_bind}" _caro_bind)
  return 0
}
