import { EXIT, type ExitCode } from '../errors.ts'
import { LINE_CHARS_MAX, placed } from '../placed.ts'
import { plural } from '../plural.ts'
import { printable, type Screen } from '../screen.ts'
import { adviseOn } from './advice.ts'
import { contentOf, readPolicyFile } from './policy-file.ts'

/** Says all that is wrong with a draft or a signed policy, and what is probably not meant. */
export async function checkPolicy(
  file: string,
  { key, at }: { readonly key?: string; readonly at: number },
  screen: Screen,
): Promise<ExitCode> {
  const read = await readPolicyFile(file, key ?? null, at)
  if (read.kind === 'draft' && read.judged.kind === 'faulty') {
    const { problems } = read.judged
    const said = `Cannot accept ${file}: ${plural(problems.length, 'problem')}, listed above.`
    for (const problem of problems) process.stderr.write(`${placed(problem)}\n`)
    process.stderr.write(`${said}\n`)
    screen.result({ ok: false, code: 'cli/refused', message: said, problems }, [])
    return EXIT.refused
  }
  const source = contentOf(file, read)
  const advice = adviseOn(source, at)
  for (const one of advice) screen.warn(printable(one, LINE_CHARS_MAX))
  const counts = { rings: source.rings.length, rules: source.rules.length }
  const signed =
    read.kind === 'signed'
      ? { customer: read.policy.customer, generation: read.policy.generation, key: read.key }
      : null
  const about = signed ? `policy ${signed.generation} of ${signed.customer}, signed by ${signed.key}` : `draft ${file}`
  screen.result({ ok: true, signed, ...counts, advice }, [
    `ok: ${about}: ${plural(counts.rings, 'ring')}, ${plural(counts.rules, 'rule')}`,
  ])
  return EXIT.ok
}
