import { writeSync } from 'node:fs'

/** Started in place of an engine, in its sandbox: says which layers the launcher closed around it. */
const OUTPUT_FD = 4
writeSync(OUTPUT_FD, process.env['FIREBREAK_SANDBOX'] ?? 'null')
