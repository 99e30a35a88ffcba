// One package at a time: MUTATE=core/gate. Paths are of the checkout, in which Stryker is started.
const folder = process.env.MUTATE ?? 'core/gate'
const only = process.env.MUTATE_FILES?.split(',') ?? [`${folder}/src/**/*.ts`]
const name = folder.replace('/', '-')

export default {
  plugins: [new URL('./src/node-test-runner.ts', import.meta.url).pathname],
  testRunner: 'node-test',
  nodeTest: { files: [`${folder}/src/**/*.test.ts`] },
  mutate: [...only, `!${folder}/src/**/*.test.ts`, `!${folder}/src/**/*fixture*.ts`, `!${folder}/src/**/*oracle*.ts`],
  // Messages are for people, and codes are what tests hold: a changed word of a sentence is no bug of the decision.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignorePatterns: ['**', '!core/**', '!package.json', '!mutation/**', 'mutation/node_modules', 'mutation/.work'],
  coverageAnalysis: 'perTest',
  // Tables that are built when a module loads are the same for every test; each would need a process of its own.
  ignoreStatic: true,
  checkers: [],
  concurrency: Number(process.env.MUTATE_PROCESSES ?? 2),
  timeoutMS: 5_000,
  tempDirName: 'mutation/.work/sandbox',
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: `mutation/.work/${name}.json` },
  clearTextReporter: { logTests: false },
  allowEmpty: true,
}
