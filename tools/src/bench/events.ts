import type { HostEvent } from '@firebreak/detect'

type Texts = readonly string[]

/** Program, command line, parent: `{n}` becomes a number, so that no two events are alike. */
const PROCESSES: readonly (readonly [image: string, commandLine: string, parent: string])[] = [
  [
    '/usr/bin/dash',
    '/bin/sh -c "test -f /var/lib/app/{n}.lock && run-parts --report /etc/cron.hourly"',
    '/usr/sbin/cron',
  ],
  ['/usr/bin/git', 'git --no-pager log --oneline -n 20 feature/{n}', '/usr/bin/bash'],
  [
    '/usr/lib/gcc/x86_64-linux-gnu/12/cc1',
    'cc1 -quiet -I/usr/include -O2 -o /tmp/cc{n}.s src/module{n}.c',
    '/usr/bin/gcc',
  ],
  ['/usr/bin/python3.12', 'python3 -m pytest tests/unit/test_{n}.py -q --maxfail=1', '/usr/bin/bash'],
  ['/usr/bin/node', 'node --enable-source-maps dist/worker.js --shard {n}', '/usr/bin/node'],
  ['/usr/bin/ssh', 'ssh -o BatchMode=yes deploy@10.20.30.{n} systemctl is-active app', '/usr/bin/ansible'],
  ['/usr/bin/rsync', 'rsync -a --delete /srv/build/{n}/ backup@backup.example.net:/srv/build/', '/usr/bin/dash'],
  ['/usr/bin/grep', 'grep -rn "timeout" /srv/app/releases/{n}/config', '/usr/bin/bash'],
  ['/usr/bin/systemctl', 'systemctl show --property=MainPID app@{n}.service', '/usr/bin/monit'],
  [
    '/usr/lib/postgresql/15/bin/postgres',
    'postgres: app app 10.0.0.{n}(51234) idle',
    '/usr/lib/postgresql/15/bin/postgres',
  ],
]
const FILES: Texts = [
  '/var/log/app/{n}.log',
  '/tmp/build-{n}/out.o',
  '/home/kim/texts/notes-{n}.md',
  '/var/lib/app/{n}.db-wal',
]
const SOURCES: Texts = ['/usr/bin/node', '/usr/bin/gcc', '/usr/bin/vim.basic', '/usr/bin/python3.12']
const SERVERS: Texts = ['api.example.com', 'registry.example.org', 'db.internal', 'time.example.net']

/** What a busy Linux server does: 8 process starts to 1 file and 1 connection. The same events on every machine. */
export function benignEvents(count: number): readonly HostEvent[] {
  return Array.from({ length: count }, (_, n) => {
    if (n % 10 === 8) return fileEvent(n)
    if (n % 10 === 9) return connectionEvent(n)
    return processEvent(n)
  })
}

function pick<T>(list: readonly T[], n: number): T {
  return list[n % list.length] as T
}

function numbered(text: string, n: number): string {
  return text.replaceAll('{n}', String(n % 250))
}

function base(category: string, n: number, fields: HostEvent['fields']): HostEvent {
  const who = { ProcessId: 1000 + n, ProcessGuid: `boot-${1000 + n}-${n * 7}`, User: 'app', UserId: 1001 }
  return { category, product: 'linux', timeMs: 1_700_000_000_000 + n, fields: { ...fields, ...who } }
}

function processEvent(n: number): HostEvent {
  const [image, commandLine, parent] = pick(PROCESSES, Math.floor(n / 10) * 8 + (n % 10))
  return base('process_creation', n, {
    Image: image,
    CommandLine: numbered(commandLine, n),
    CurrentDirectory: `/srv/app/${n % 40}`,
    ParentImage: parent,
    ParentCommandLine: numbered(`${parent} --id {n}`, n),
    ParentProcessId: 900 + (n % 50),
    GroupId: 1001,
    ProcessName: image.slice(image.lastIndexOf('/') + 1),
  })
}

function fileEvent(n: number): HostEvent {
  return base('file_event', n, { TargetFilename: numbered(pick(FILES, n), n), Image: pick(SOURCES, n) })
}

function connectionEvent(n: number): HostEvent {
  return base('network_connection', n, {
    Image: pick(SOURCES, n),
    Protocol: 'tcp',
    Initiated: 'true',
    DestinationHostname: pick(SERVERS, n),
    DestinationIp: `10.20.30.${n % 250}`,
    DestinationPort: pick([443, 5432, 8080, 123], n),
  })
}
