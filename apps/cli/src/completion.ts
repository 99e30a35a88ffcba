import type { Command } from 'commander'

/** A bash completion script made from the commands themselves, so that it can't fall behind them. zsh reads it through bashcompinit. */
export function bashCompletion(root: Command): string {
  const cases = root.commands.map((command) => `    ${command.name()}) words="${wordsOf(command)}" ;;`)
  return `_firebreak() {
  local words
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="${root.commands.map((command) => command.name()).join(' ')} --help" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${root.commands.map((command) => command.name()).join(' ')} --help"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _firebreak firebreak ./firebreak
`
}

function wordsOf(command: Command): string {
  const own = [...command.commands.map((one) => one.name()), ...command.options.map(({ long }) => long ?? '')]
  const nested = command.commands.flatMap((one) => one.options.map(({ long }) => long ?? ''))
  return [...new Set([...own, ...nested, '--help'])].filter((word) => word !== '').join(' ')
}
