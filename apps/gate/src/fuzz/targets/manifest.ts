import { type PackManifest, parsePack, verifyImage, writeImage } from '@firebreak/content'
import { jsonBytes } from '@firebreak/kernel'
import { define, describeJson, oneOf } from './define.ts'
import { readTree, requireReadable, SOURCE_CODES, SourceRefusal } from './tree.ts'

const YARA = [{ file: 'a.yar', text: 'rule a { condition: true }' }]

/** `pack.yaml`. */
export const createTarget = define<PackManifest>({
  parse: (input) => {
    const manifest = readTree(input, 'pack.yaml')
    const pack = parsePack({ manifest, rules: [], tests: [], indicators: [], yara: YARA })
    requireReadable(pack.diagnostics)
    if (pack.manifest === null) throw new SourceRefusal('content/schema', 'no manifest')
    return pack.manifest
  },
  refuses: oneOf(SOURCE_CODES),
  fuel: { base: 4_000, each: 20 },
  bytes: { base: 32_768, each: 16 },
  describe: describeJson,
  encode: jsonBytes,
  use: (manifest) => {
    const { indicators } = parsePack({ manifest: null, rules: [], tests: [], indicators: [] })
    const parts = { manifest, compilerVersion: '1.0.0', rules: [], filters: [], correlations: [], indicators, yara: [] }
    verifyImage(writeImage(parts))
  },
})
