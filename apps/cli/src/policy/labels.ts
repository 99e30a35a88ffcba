import { InvalidArgumentError, Option } from 'commander'
import { KernelError } from '@firebreak/kernel'
import { hostLabels } from '@firebreak/rollout'

/** Labels as options: `--label role=web --label site=berlin`. */
export function labelOption(): Option {
  return new Option('--label <key=value>', 'what the customer may tell hosts apart by; as often as needed')
    .argParser<Readonly<Record<string, string>>>((value, before) => ({ ...before, ...labelsIn(value) }))
    .default({}, 'none')
}

/** `role=web,site=berlin`. @throws InvalidArgumentError */
export function labelsIn(value: string): Readonly<Record<string, string>> {
  const pairs = value.split(',').map((pair) => {
    const [key = '', ...rest] = pair.split('=')
    return [key.trim(), rest.join('=').trim()] as const
  })
  try {
    return hostLabels(Object.fromEntries(pairs), 'labels')
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw new InvalidArgumentError('labels are written like role=web')
  }
}
