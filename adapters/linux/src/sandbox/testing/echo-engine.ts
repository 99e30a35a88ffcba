/** A confined engine that answers with its confinement and then returns what it gets; 'bomb' makes it eat memory. */
import process from 'node:process'
import { confineEngine } from '../confine.ts'
import { openPipes } from '../confined.ts'

const { input, output } = openPipes()
output.write(`${JSON.stringify(confineEngine())}\n`)
const bombs: Buffer[] = []
if (process.argv[2] === 'bomb') for (;;) bombs.push(Buffer.alloc(1_048_576, 1))
input.pipe(output)
output.on('finish', () => process.exit(0))
