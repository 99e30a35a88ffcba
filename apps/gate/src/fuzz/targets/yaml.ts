import type { SourceNode } from '@firebreak/content'
import { utf8Decode } from '@firebreak/kernel'
import { parseYamlDocuments } from '@firebreak/pack-folder'
import { define, describeJson, oneOf } from './define.ts'

/** Files of a pack, from bytes to trees. Most of it is somebody else's code: what it throws has to be an error of ours. */
export const createTarget = define<readonly SourceNode[]>({
  parse: (input) => parseYamlDocuments(utf8Decode(input), 'rules.yml'),
  refuses: oneOf(['kernel/malformed', 'content/yaml', 'content/limit']),
  fuel: { base: 50_000, each: 2_000 },
  bytes: { base: 262_144, each: 2_000 },
  describe: describeJson,
})
