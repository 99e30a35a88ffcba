import { faultIn, type JudgedFault } from '../operators/evidence-fault.ts'
import { evenly, MANY_TIMES, slower } from '../operators/cost.ts'
import type { PlainMap } from '../source-edit.ts'
import type { ExecutionEvidence } from '../../execution/evidence.ts'
import type { ExecutionResult } from '../../execution/execution.ts'
import type { History } from './exhibit.ts'
import { replayed } from './ordinary.ts'

type JudgedExhibit = JudgedFault & History

/** A rule for something that is on every host: it is run over ordinary activity, and floods. */
function falsePositive(
  id: string,
  date: string,
  what: string,
  rule: readonly [category: string, selection: PlainMap],
  happened: string,
  source: string,
): JudgedExhibit {
  const aims = { check: 'replay', code: 'gate/flood' } as const
  return { ...faultIn('replay', id, aims, what, () => replayed(...rule)), date, happened, source }
}

const FALSE_POSITIVES: readonly JudgedExhibit[] = [
  falsePositive(
    'pattern-5958',
    '2010-04-21',
    'A rule takes the first process of every host for an attack.',
    ['process_creation', { 'Image|endswith': '/systemd' }],
    'McAfee DAT 5958 took svchost.exe of Windows XP SP3 for W32/Wecorl.a. Hosts lost their network and restarted in a loop.',
    'US-CERT, McAfee DAT 5958 Issues, 21 April 2010',
  ),
  falsePositive(
    'own-updater',
    '2012-09-19',
    'A rule takes everything that updates for an attack.',
    ['process_creation', { 'Image|contains': '/updat' }],
    'Sophos took software that updates itself, its own included, for Shh/Updater-B, and put the updater that should bring the repair into quarantine.',
    'Sophos knowledge base 118311; SANS Internet Storm Center, diary 14131',
  ),
  falsePositive(
    'system-programs',
    '2013-04-15',
    'A rule takes the programs of the operating system for an attack.',
    ['process_creation', { 'Image|startswith': ['/usr/lib/', '/usr/libexec/', '/usr/sbin/'] }],
    'A definitions update of Malwarebytes marked libraries and programs of Windows as malware. It was withdrawn after eight minutes; thousands of hosts were down.',
    'Malwarebytes, statement of M. Kleczynski, 16 April 2013',
  ),
  falsePositive(
    'own-files',
    '2015-03-11',
    'A rule takes the agent itself for an attack.',
    ['process_creation', { 'Image|startswith': '/opt/firebreak/' }],
    'Panda took its own files and files of Windows for malware, and asked its customers not to restart.',
    'Panda Security, advisory about the signature file of 11 March 2015',
  ),
  falsePositive(
    'a-whole-folder',
    '2017-04-24',
    'A rule takes everything in a folder for an attack.',
    ['process_creation', { 'Image|startswith': '/usr/bin/' }],
    'Webroot classified a folder of Windows as bad because malware is found in it, and put signed system files into quarantine.',
    'Webroot, statement of 25 April 2017',
  ),
  falsePositive(
    'every-shortcut',
    '2023-01-13',
    'A rule takes every shortcut that is written for an attack.',
    ['file_event', { 'TargetFilename|endswith': '.desktop' }],
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

const OUTAGES_OF_TIME: readonly JudgedExhibit[] = [
  {
    ...faultIn(
      'cost',
      'waf-regex',
      { check: 'cost', code: 'gate/cost-cpu' },
      'Events take a thousand times the CPU time of the running release.',
      (cost) => slower(evenly(cost), 1_000),
    ),
    date: '2019-07-02',
    happened:
      'A new rule of the Cloudflare WAF had a regular expression that backtracked, and took every CPU of every machine that served HTTP. What the rules cost had no budget.',
    source: 'Cloudflare, Details of the Cloudflare outage on July 2, 2019',
  },
  {
    ...faultIn(
      'cost',
      'pattern-594',
      { check: 'cost', code: 'gate/cost-peak' },
      'One kind of file takes all the work that there is.',
      (cost, _random, { policy }) => {
        const even = evenly(cost)
        return { ...even, candidate: { ...even.candidate, fuelPeak: MANY_TIMES * policy.fuelPerEventMax } }
      },
    ),
    date: '2005-04-23',
    happened:
      'Trend Micro pattern 2.594.00 looped on some files: 100 % CPU on Windows XP SP2 and Server 2003. A part of its tests had not been run. It was out for 90 minutes and downloaded 300,000 times.',
    source: 'Virus Bulletin, 2.594.00 is not the magic number, April 2005',
  },
]

/** What only engines, corpora and meters show. */
export const EVIDENCE_EXHIBITS: readonly JudgedExhibit[] = [...FALSE_POSITIVES, ...CRASHES, ...OUTAGES_OF_TIME]
