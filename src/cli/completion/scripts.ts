/**
 * What each shell needs to ask `ghost completion --candidates`: all that is known of commands, options and tasks is there.
 * The answer is a first line that says what it is (`candidates`, `files`, `folders`, `command N`), then a line for each
 * candidate: the value, and after a tab its description. What tasks are named is never read as shell: it is compared and
 * quoted, and nothing in it is expanded.
 */
type Shell = 'bash' | 'zsh' | 'fish';

export const completionScripts: { readonly [S in Shell]: string } = {
  bash: String.raw`# ghost completes in bash: source <(ghost completion bash)
_ghost_complete() {
  # readline breaks words at = and : too; they are put together again, as ghost gets them.
  local -a words=() places=() answer=()
  local index word glue='' current before
  for ((index = 1; index <= COMP_CWORD; index++)); do
    word=${'${COMP_WORDS[index]}'}
    if [[ $word == [=:] || -n $glue ]] && ((${'${#words[@]}'} > 0)); then
      words[-1]+=$word
    else
      words+=("$word") places+=("$index")
    fi
    glue=
    [[ $word == *[=:] && $index -lt $COMP_CWORD ]] && glue=1
  done
  current=${'${words[-1]-}'}
  mapfile -t answer < <(command ghost completion --candidates -- "${'${words[@]}'}" 2>/dev/null)
  COMPREPLY=()
  case ${'${answer[0]-}'} in
    files) compopt -o default ;;
    folders) compopt -o dirnames ;;
    command\ *)
      index=${'${answer[0]#command }'}
      if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "${'${places[index]}'}"
      elif declare -F _command_offset >/dev/null; then
        _command_offset "${'${places[index]}'}"
      elif ((index == ${'${#words[@]}'} - 1)) && [[ $current != */* ]]; then
        mapfile -t COMPREPLY < <(compgen -c -- "$current" | sort -u)
      else
        compopt -o default
      fi
      ;;
    candidates)
      # A quote that is open is closed by readline; what is before the last = or : is on the line already.
      local quote='' value
      case $current in
        \'* | \"*) quote=${'${current:0:1}'} current=${'${current:1}'} ;;
      esac
      before=
      [[ -z $quote && $current == *[=:]* ]] && before=${'${current%"${current##*[=:]}"}'}
      for value in "${'${answer[@]:1}'}"; do
        value=${"${value%%$'\\t'*}"}
        [[ $value == "$current"* ]] || continue
        value=${'${value#"$before"}'}
        [[ -n $quote ]] || printf -v value %q "$value"
        COMPREPLY+=("$value")
      done
      ;;
  esac
}
complete -F _ghost_complete ghost
`,
  zsh: String.raw`#compdef ghost
# ghost completes in zsh: source <(ghost completion zsh), or this as _ghost in a folder of fpath
_ghost() {
  local -a answer values shown
  local line value description
  local -i width=0 from
  answer=("${'${(@f)$(command ghost completion --candidates -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}'}")
  case ${'${answer[1]}'} in
    files) _files ;;
    folders) _files -/ ;;
    command\ *)
      from=${'${answer[1]#command }'}
      shift $((from + 1)) words
      ((CURRENT -= from + 1))
      _normal
      ;;
    candidates)
      for line in "${'${(@)answer[2,-1]}'}"; do
        value=${"${line%%$'\\t'*}"}
        ((${'${#value}'} > width)) && width=${'${#value}'}
      done
      for line in "${'${(@)answer[2,-1]}'}"; do
        value=${"${line%%$'\\t'*}"}
        description=
        [[ $line == *$'\t'* ]] && description=${"${line#*$'\\t'}"}
        values+=("$value")
        shown+=("${'${(r:width:)value}'}${'${description:+  $description}'}")
      done
      compadd -V ghost -l -d shown -- "${'${(@)values}'}"
      ;;
  esac
}
if [[ ${'${funcstack[1]-}'} == _ghost ]]; then
  _ghost "$@"
else
  (( ${'${+functions[compdef]}'} )) || { autoload -Uz compinit && compinit; }
  compdef _ghost ghost
fi
`,
  fish: String.raw`# ghost completes in fish: ghost completion fish | source
function __ghost_complete
    set -l words (commandline -xpc 2>/dev/null; or commandline -opc) (commandline -ct)
    set -l answer (command ghost completion --candidates -- $words[2..] 2>/dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path (commandline -ct)
        case folders
            __fish_complete_directories (commandline -ct)
        case 'command *'
            set -l from (string replace 'command ' ''  -- $answer[1])
            complete -C (string join ' ' -- (string escape -- $words[(math $from + 2)..-2]) $words[-1])
        case candidates
            printf '%s\n' $answer[2..]
    end
end
complete -c ghost -e
complete -c ghost -f -k -a '(__ghost_complete)'
`,
};
