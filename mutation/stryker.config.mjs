// Started by src/main.ts for the files of one folder of a package at a time. Paths are of the checkout, in which Stryker is started.
const { MUTATE_PACKAGE: folder, MUTATE_FILES: files, MUTATE_REPORT: report, MUTATE_PROCESSES: processes } = process.env

// Half of what core/content says of words and bytes is said by the engine that reads them.
const tests = folder === 'core/content' ? [folder, 'core/detect'] : [folder]

export default {
  plugins: [new URL('./src/node-test-runner.ts', import.meta.url).pathname],
  testRunner: 'node-test',
  nodeTest: {
    files: tests.map((one) => `${one}/src/**/*.test.ts`),
    times: new URL(`.work/${folder.replace('/', '-')}-times.json`, import.meta.url).pathname,
  },
  mutate: files.split(','),
  // Messages are for people, and codes are what tests hold: a changed word of a sentence is no bug of the decision.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignorePatterns: ['**', '!core/**', '!package.json', '!mutation/**', 'mutation/node_modules', 'mutation/.work'],
  coverageAnalysis: 'perTest',
  // Tables that are built when a module loads are the same for every test; each would need a process of its own.
  ignoreStatic: true,
  checkers: [],
  concurrency: Number(processes ?? 2),
  timeoutMS: 10_000,
  tempDirName: 'mutation/.work/sandbox',
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: report },
  warnings: { unknownOptions: false, slow: false },
  allowEmpty: true,
}
