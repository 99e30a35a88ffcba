import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  type CompiledPack,
  compilePack,
  type ParsedPack,
  parsePack,
  type RuleTest,
  verifyImage,
} from '@firebreak/content'
import { createEngine, type Engine, ENGINE_CONTRACT, type HostEvent } from '@firebreak/detect'
import { type PackFolder, readPackFolder } from '@firebreak/pack-folder'
import * as fc from 'fast-check'

const PACK_FOLDER = fileURLToPath(import.meta.resolve('../../../content/linux-baseline'))
const CATEGORIES = ['process_creation', 'file_event', 'network_connection'] as const
const RULES_MIN = 40
const RULES_PER_CATEGORY_MIN = 8

/** What a healthy machine does all day, often close to what a rule looks for. Nothing may fire on any of it. */
const ORDINARY: readonly HostEvent[] = [
  process('/usr/bin/bash', '-bash', '/usr/sbin/sshd'),
  process('/usr/bin/sleep', 'sleep 1', '/usr/bin/bash'),
  process('/usr/bin/dash', '/bin/sh -c command -v debian-sa1 > /dev/null && debian-sa1 1 1', '/usr/sbin/cron'),
  process('/usr/bin/bash', 'bash -c curl --proto =https --tlsv1.2 -sSf https://sh.rustup.rs | sh', '/usr/bin/bash'),
  process('/usr/bin/base64', 'base64 -d', '/usr/bin/bash'),
  process('/usr/bin/git', 'git push origin main', '/usr/bin/bash'),
  process('/usr/bin/python3.12', 'python3 -c import sys; print(sys.version)', '/usr/bin/bash'),
  process('/usr/bin/node', 'node --test src/engine.test.ts', '/usr/bin/node'),
  process('/usr/bin/systemctl', 'systemctl restart nginx', '/usr/bin/bash'),
  process('/usr/bin/systemctl', 'systemctl status auditd', '/usr/bin/bash'),
  process('/usr/bin/chmod', 'chmod 755 /usr/local/bin/backup', '/usr/bin/bash'),
  process('/usr/bin/chmod', 'chmod -R u+rwX /tmp/build', '/usr/bin/make'),
  process('/usr/sbin/iptables', 'iptables -A INPUT -p tcp --dport 22 -j ACCEPT', '/usr/bin/bash'),
  process('/usr/bin/docker', 'docker run --rm -v /srv/app:/app node:26 npm test', '/usr/bin/bash'),
  process('/usr/bin/find', 'find /var/log -name *.gz -mtime +30 -delete', '/usr/bin/dash'),
  process('/usr/bin/rm', 'rm -rf /tmp/build', '/usr/bin/make'),
  process('/usr/bin/dd', 'dd if=/dev/zero of=/swapfile bs=1M count=1024', '/usr/bin/bash'),
  process('/usr/bin/curl', 'curl -d @body.json https://api.example.com/v1/items', '/usr/bin/bash'),
  process('/usr/bin/gcc', 'gcc -O2 -c main.c', '/usr/bin/make'),
  process('/usr/bin/kmod', '/sbin/modprobe -q -- overlay', null),
  process(null, null, null),
  file('/home/kim/.ssh/known_hosts', '/usr/bin/ssh'),
  file('/home/kim/.ssh/authorized_keys', '/usr/bin/vim.basic'),
  file('/etc/cron.d/e2scrub_all', '/usr/bin/dpkg'),
  file('/var/www/site/index.php', '/usr/bin/rsync'),
  file('/tmp/node-compile-cache/a', '/usr/bin/node'),
  file('/etc/ld.so.cache~', '/usr/sbin/ldconfig'),
  file('/usr/lib/systemd/system/nginx.service', '/usr/bin/dpkg'),
  connection('/usr/bin/curl', 'deb.debian.org', '151.101.2.132', 443),
  connection('/usr/lib/firefox/firefox', 'www.example.com', '93.184.215.14', 443),
  connection('/usr/sbin/chronyd', null, '192.0.2.123', 123),
  connection('/usr/bin/node', null, '127.0.0.1', 4444),
  connection('/usr/lib/postgresql/15/bin/postgres', null, '10.0.0.5', 5432),
]

void describe('linux-baseline', () => {
  let source: PackFolder
  let pack: ParsedPack
  let compiled: CompiledPack
  let engine: Engine

  before(async () => {
    source = await readPackFolder(PACK_FOLDER)
    pack = parsePack(source)
    assert.deepEqual(pack.diagnostics, [])
    compiled = compilePack(pack)
    engine = createEngine(verifyImage(compiled.image), ENGINE_CONTRACT)
  })

  void test(`has ${RULES_MIN} rules or more, some in each category`, () => {
    assert.ok(compiled.rules.length >= RULES_MIN, `${compiled.rules.length} rules`)
    for (const category of CATEGORIES) {
      const count = compiled.rules.filter(
        ({ logsource }) => logsource.category === category && logsource.product === 'linux',
      ).length
      assert.ok(count >= RULES_PER_CATEGORY_MIN, `${count} rules of ${category}`)
    }
    assert.ok(compiled.indicatorCount > 0)
  })

  void test('every rule has a title of its own and a description, and tags if it detects an attack', () => {
    const titles = new Set(pack.rules.map((rule) => rule.title))
    assert.equal(titles.size, pack.rules.length)
    const bare = pack.rules.filter(
      (rule) => rule.description === '' || (rule.tags.length === 0 && rule.level !== 'informational'),
    )
    assert.deepEqual(
      bare.map((rule) => rule.title),
      [],
    )
  })

  void test('every rule has an event that it must match and one that it must ignore', () => {
    for (const { id, title } of pack.rules) {
      const tests = pack.tests.filter((one) => one.rule === id)
      assert.ok(
        tests.some((one) => one.match.length > 0),
        `${title}: nothing to match`,
      )
      assert.ok(
        tests.some((one) => one.ignore.length > 0),
        `${title}: nothing to ignore`,
      )
    }
  })

  void test('the engine matches what it must and ignores what it must', () => {
    const wrong: string[] = []
    for (const one of pack.tests) {
      for (const { fields, at } of one.match) {
        if (!fires(engine, one, fields)) wrong.push(`${at.file}:${at.line} did not match`)
      }
      for (const { fields, at } of one.ignore) {
        if (fires(engine, one, fields)) wrong.push(`${at.file}:${at.line} matched`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  void test('nothing fires on what a healthy machine does', () => {
    const fired = ORDINARY.flatMap((event) => engine.evaluate(event).map(({ title }) => ({ title, ...event.fields })))
    assert.deepEqual(fired, [])
  })

  void test('an indicator fires', () => {
    const [hit, ...more] = engine.evaluate(connection('/usr/bin/curl', null, '192.0.2.66', 443))
    assert.equal(hit?.ruleId, 'indicator/ip')
    assert.deepEqual(more, [])
  })

  void test('two compilations, in whatever order the files come, make one image', () => {
    const order = <T>(items: readonly T[]): fc.Arbitrary<readonly T[]> =>
      fc.shuffledSubarray([...items], { minLength: items.length })
    const shuffled = fc.tuple(order(source.rules), order(source.tests))
    fc.assert(
      fc.property(shuffled, ([rules, tests]) => {
        assert.equal(compilePack(parsePack({ ...source, rules, tests })).digest, compiled.digest)
      }),
      { numRuns: 5 },
    )
  })
})

function fires(engine: Engine, one: RuleTest, fields: HostEvent['fields']): boolean {
  const { category, product, service } = one.logsource
  const event = { category: category ?? '', product: product ?? 'linux', service, timeMs: 0, fields }
  const detections = engine.evaluate(event)
  return detections.some(({ ruleId }) => ruleId === one.rule)
}

function process(image: string | null, commandLine: string | null, parentImage: string | null): HostEvent {
  const fields = { Image: image, CommandLine: commandLine, ParentImage: parentImage, UserId: 0, User: 'root' }
  return { category: 'process_creation', product: 'linux', timeMs: 0, fields }
}

function file(target: string, image: string): HostEvent {
  const fields = { TargetFilename: target, Image: image, User: 'root', UserId: 0 }
  return { category: 'file_event', product: 'linux', timeMs: 0, fields }
}

function connection(image: string, hostname: string | null, ip: string, port: number): HostEvent {
  const fields = {
    Image: image,
    Protocol: 'tcp',
    Initiated: 'true',
    DestinationHostname: hostname,
    DestinationIp: ip,
    DestinationPort: port,
  }
  return { category: 'network_connection', product: 'linux', timeMs: 0, fields }
}
