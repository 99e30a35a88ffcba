/**
 * Holds whoever executes something on the file system of its first argument, and never answers. The second argument is
 * a file that is passed, the third after how many milliseconds the kernel is to end it; 0 for never.
 */
import process from 'node:process'
import { ExecGroup } from '../exec-group.ts'

const [mountPoint = '', passed = '', endMs = '0'] = process.argv.slice(2)
const group = new ExecGroup([mountPoint], [passed])
process.stdout.write('ready\n')
let held = group.wait(1_000)
while (held.length === 0) held = group.wait(1_000)
process.stdout.write(`held ${held[0]?.pid}\n`)
group.endUnlessCalledWithin(Number(endMs))
for (;;); // what a stalled gate does
