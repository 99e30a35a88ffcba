import { faultIn, type JudgedFault } from '../operators/evidence-fault.ts'
import { flood, INDICATOR } from '../operators/replay.ts'
import type { ExecutionEvidence } from '../../execution/evidence.ts'
import type { ExecutionResult } from '../../execution/execution.ts'
import type { History } from './exhibit.ts'

type JudgedExhibit = JudgedFault & History

/** Something that is on every host was taken for an attack: shown as what fires for every `nth` event of ordinary activity. */
function falsePositive(id: string, date: string, nth: number, happened: string, source: string): JudgedExhibit {
  const what = nth === 1 ? 'Something fires for every event' : `Something fires for one of ${nth} events`
  const fault = faultIn(
    'replay',
    id,
    { check: 'replay', code: 'gate/flood' },
    `${what} of ordinary activity.`,
    flood(nth, () => INDICATOR),
  )
  return { ...fault, date, happened, source }
}

const FALSE_POSITIVES: readonly JudgedExhibit[] = [
  falsePositive(
    'pattern-5958',
    '2010-04-21',
    20,
    'McAfee DAT 5958 took svchost.exe of Windows XP SP3 for W32/Wecorl.a. Hosts lost their network and restarted in a loop.',
    'US-CERT, McAfee DAT 5958 Issues, 21 April 2010',
  ),
  falsePositive(
    'own-updater',
    '2012-09-19',
    200,
    'Sophos took software that updates itself, its own included, for Shh/Updater-B, and put the updater that should bring the repair into quarantine.',
    'Sophos knowledge base 118311; SANS Internet Storm Center diary 14131',
  ),
  falsePositive(
    'system-libraries',
    '2013-04-15',
    10,
    'A definitions update of Malwarebytes marked libraries and programs of Windows as malware. It was withdrawn after eight minutes; thousands of hosts were down.',
    'Malwarebytes, statement of M. Kleczynski, 16 April 2013',
  ),
  falsePositive(
    'own-files',
    '2015-03-11',
    100,
    'Panda took its own files and files of Windows for malware, and asked its customers not to restart.',
    'Panda Security, advisory about the signature file of 11 March 2015',
  ),
  falsePositive(
    'a-whole-folder',
    '2017-04-24',
    5,
    'Webroot classified a folder of Windows as bad because malware is found in it, and put signed system files into quarantine.',
    'Webroot, statement of 25 April 2017',
  ),
  falsePositive(
    'every-shortcut',
    '2023-01-13',
    50,
    'A rule of Microsoft Defender for calls from Office macros fired for shortcuts, and deleted them from menus and task bars.',
    'Microsoft, MO497128; security intelligence 1.381.2140.0',
  ),
]

/** The first engine that answered ends with `code` instead. */
function ended(evidence: ExecutionEvidence, code: string, message: string): ExecutionEvidence {
  const result: ExecutionResult = { kind: 'failed', code, message }
  const [first, ...others] = evidence.tasks
  if (first === undefined) return evidence
  const [run, ...runs] = first.runs
  return run === undefined
    ? evidence
    : { ...evidence, tasks: [{ ...first, runs: [{ ...run, result }, ...runs] }, ...others] }
}

const CRASHES: readonly JudgedExhibit[] = [
  {
    ...faultIn(
      'execution',
      'database-test-passed',
      { check: 'execution', code: 'gate/engine-trapped' },
      'An image loads, and the engine ends when it uses it.',
      (evidence) => ended(evidence, 'engine/died', 'It ended after it had loaded the image.'),
    ),
    date: '2023-05-16',
    happened:
      'ClamAV loaded a new database, said that its test had passed, and then the daemon crashed on one of the new signatures.',
    source: 'github.com/Cisco-Talos/clamav issue 923',
  },
  {
    ...faultIn(
      'execution',
      'one-platform-crashes',
      { check: 'execution', code: 'gate/engine-trapped' },
      'One engine of the fleet ends on content that the others run.',
      (evidence) => ended(evidence, 'engine/no-process', 'It ended.'),
    ),
    date: '2012-07-11',
    happened:
      'A definition of Symantec Endpoint Protection crashed Windows XP where a third program was installed too, and no other Windows.',
    source: 'Symantec, root cause analysis of the SONAR definition of 11 July 2012',
  },
]

/** What only engines and corpora show. */
export const EVIDENCE_EXHIBITS: readonly JudgedExhibit[] = [...FALSE_POSITIVES, ...CRASHES]
