import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as content from '@firebreak/content'
import { rolldown } from 'rolldown'
import { instrument, type Instrumented } from './instrument.ts'
import { load } from './load.ts'

const ENTRY = fileURLToPath(import.meta.resolve('@firebreak/content'))
const require = createRequire(import.meta.url)

let script = ''
before(async () => {
  const built = await rolldown({ input: ENTRY, platform: 'node', external: [/^node:/], logLevel: 'silent' })
  const { output } = await built.generate({ format: 'cjs', codeSplitting: false, comments: false })
  await built.close()
  script = output[0].code
})

type Plain = Parameters<typeof content.toSourceNode>[0]
type Content = typeof content

function rule(n: number, detection: Plain): Plain {
  const id = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  return {
    title: `Rule ${n}`,
    id,
    level: 'high',
    logsource: { category: 'process_creation', product: 'linux' },
    detection,
  }
}

const RULES: readonly Plain[] = [
  rule(1, {
    s: { 'Image|endswith': ['/nc', '/ncat'], 'CommandLine|contains|all': [' -e ', '/bin/sh'] },
    condition: 's',
  }),
  rule(2, {
    any: [{ ParentImage: null }, { ProcessId: 1 }],
    f_a: { 'CommandLine|re|i': 'curl.*(\\||;)\\s*sh$' },
    condition: 'any and not 1 of f_*',
  }),
  rule(3, { s: { Image: 'x' }, condition: 'no such' }),
  rule(4, { s: { 'Image|nonsense': 'x' }, condition: 's' }),
  rule(5, { s: { 'CommandLine|base64offset|contains': 'secret', 'User|cidr': '10.0.0.0/8' }, condition: 's or (s)' }),
]

/** All that it says about packs of some of the rules, and about images that are damaged a little. */
function answers({ parsePack, compilePack, toSourceNode, verifyImage }: Content): readonly unknown[] {
  const manifest = {
    name: 'fixture',
    version: '1.2.3',
    category: 'behavioural',
    minimumEngine: '1.0.0',
    description: '',
  }
  return [[0], [1], [0, 1, 4], [2], [0, 3], [0, 0]].map((chosen) => {
    const rules = chosen.map((n, i) => ({ file: `${i}.yml`, nodes: [toSourceNode(RULES[n] ?? null, `${i}.yml`)] }))
    const pack = parsePack({ manifest: toSourceNode(manifest, 'pack.yaml'), rules, tests: [], indicators: [] })
    if (pack.diagnostics.length > 0) return pack.diagnostics.map(({ code, message }) => [code, message])
    const { image } = compilePack(pack)
    const verdicts = [-1, 0, 40, 200, image.length - 1].map((at) => {
      const damaged = image.slice()
      if (at >= 0) damaged[at] = (damaged[at] ?? 0) ^ 1
      try {
        return Object.keys(verifyImage(damaged))
      } catch (error) {
        return error instanceof Error && 'code' in error ? [error.code, error.message] : 'another error'
      }
    })
    return [Buffer.from(image).toString('base64'), verdicts]
  })
}

for (const build of ['counting', 'tracing'] as const) {
  test(`${build}: core/content, instrumented, says what it says`, () => {
    const program: Instrumented = instrument(script, { build })
    const { exports, counters } = load(program, (name) => require(name) as unknown)
    const wanted = answers(content)
    assert.ok(JSON.stringify(wanted).includes('content/'), 'some packs are refused')
    assert.deepEqual(answers(exports as unknown as Content), wanted)
    assert.ok(program.counters > 1000 && counters.filter((count) => count > 0).length > 600)
    assert.ok(build === 'counting' || program.compares > 300)
  })
}
