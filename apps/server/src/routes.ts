import {
  BEACON_SIZE_BYTES_MAX,
  DETECTION_BATCH_SIZE_BYTES_MAX,
  ENROLMENT_SIZE_BYTES_MAX,
  type FleetStatus,
  parseBeacon,
  parseDetectionBatch,
  parseEnrolment,
  parseSubmission,
  SUBMISSION_SIZE_BYTES_MAX,
} from '@firebreak/api'
import {
  emptyResponse,
  errorResponse,
  HttpError,
  type HttpRequest,
  jsonResponse,
  type Route,
  serveFolder,
} from '@firebreak/http'
import {
  errorCode,
  errorMessage,
  FirebreakError,
  object,
  parseJson,
  text,
  version,
  type Version,
  type WallMs,
} from '@firebreak/kernel'
import { type Plan, planJson } from '@firebreak/rollout'
import type { Active } from './active.ts'
import type { DataFolder } from './data-folder.ts'
import type { Host } from './hosts.ts'
import { log } from './log.ts'
import type { StreamHub } from './stream.ts'
import { type TokenGuard, unauthorized } from './tokens.ts'

export interface RouteParts {
  readonly tokens: TokenGuard
  readonly stream: StreamHub
  readonly folder: DataFolder
  /** The console's built files, or null: no console. */
  readonly console: string | null
  readonly status: () => FleetStatus
  readonly plan: () => Plan | null
  /** What takes reports and orders. @throws ServerError server/stand-by where another server does */
  readonly active: () => Active
  readonly now: () => WallMs
}

const COMMAND_SIZE_BYTES_MAX = 4_096
const reason = text(1_024)
const haltCommand = object<{ reason: string }>({ reason })
const recallCommand = object<{ version: Version; reason: string }>({ version, reason })

/** The table at the top of core/api/src/rest.ts, row by row. */
export function apiRoutes(parts: RouteParts): readonly Route[] {
  return [...hostRoutes(parts), ...operatorRoutes(parts), ...publicRoutes(parts)]
}

function hostRoutes({ tokens, stream, active, now }: RouteParts): readonly Route[] {
  const hostOf = (request: HttpRequest): Host => {
    const token = request.bearerToken()
    const host = token === null ? null : active().fleet.hosts.byToken(token)
    if (!host) throw unauthorized('host')
    return host
  }
  return [
    {
      method: 'POST',
      path: '/v1/hosts',
      handle: async (request) => {
        tokens.require('enrol', request)
        const enrolment = parseEnrolment(await request.body(ENROLMENT_SIZE_BYTES_MAX))
        const enrolled = active().fleet.hosts.enrol(enrolment, now())
        stream.statusChanged()
        return jsonResponse(201, enrolled)
      },
    },
    {
      method: 'POST',
      path: '/v1/beacons',
      handle: async (request) => {
        const { host } = hostOf(request)
        await active().fleet.ingest.takeBeacon(host, parseBeacon(await request.body(BEACON_SIZE_BYTES_MAX)), now())
        return emptyResponse()
      },
    },
    {
      method: 'POST',
      path: '/v1/detections',
      handle: async (request) => {
        const { host } = hostOf(request)
        const { detections } = parseDetectionBatch(await request.body(DETECTION_BATCH_SIZE_BYTES_MAX))
        await active().fleet.ingest.takeDetections(host, detections)
        return emptyResponse()
      },
    },
  ]
}

function operatorRoutes(parts: RouteParts): readonly Route[] {
  const { tokens, active, stream } = parts
  const route = (method: Route['method'], path: string, handle: Route['handle']): Route => ({
    method,
    path,
    handle: (request) => {
      tokens.require('operator', request)
      return handle(request)
    },
  })
  const command = async (request: HttpRequest) =>
    parseJson(await request.body(COMMAND_SIZE_BYTES_MAX), COMMAND_SIZE_BYTES_MAX, 'command')
  return [
    route('POST', '/v1/releases', async (request) => {
      const submission = parseSubmission(await request.body(SUBMISSION_SIZE_BYTES_MAX))
      return jsonResponse(201, await active().controller.publish(submission))
    }),
    route('POST', '/v1/packs/:pack/halt', async (request) => {
      const { reason } = haltCommand(await command(request), 'command')
      await active().controller.halt(request.parameter('pack'), reason)
      return emptyResponse()
    }),
    route('POST', '/v1/packs/:pack/recall', async (request) => {
      const { version, reason } = recallCommand(await command(request), 'command')
      await active().controller.recall(request.parameter('pack'), version, reason)
      return emptyResponse()
    }),
    route('GET', '/v1/status', () => jsonResponse(200, parts.status())),
    route('GET', '/v1/plan', () => {
      const plan = parts.plan()
      return jsonResponse(200, plan && planJson(plan))
    }),
    route('GET', '/v1/stream', () => stream.open()),
  ]
}

/** Versioned metadata, hashed targets and the console's hashed assets never change; timestamp.json and index.html do. */
const IMMUTABLE_METADATA = /^\d+\.[a-z-]+\.json$/
const IMMUTABLE_TARGET = /(?:^|\/)[0-9a-f]{64}\.[^/]+$/
const IMMUTABLE_ASSET = /^assets\/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/

function publicRoutes({ folder, console }: RouteParts): readonly Route[] {
  const metadata = serveFolder({ folder: folder.metadata, immutable: IMMUTABLE_METADATA })
  const targets = serveFolder({ folder: folder.targets, immutable: IMMUTABLE_TARGET })
  const files: Route[] = [
    {
      method: 'GET',
      path: '/tuf/metadata/*',
      handle: (request) => metadata(request, below(request, '/tuf/metadata/')),
    },
    { method: 'GET', path: '/tuf/targets/*', handle: (request) => targets(request, below(request, '/tuf/targets/')) },
  ]
  if (console === null) return files
  const page = serveFolder({ folder: console, immutable: IMMUTABLE_ASSET })
  return [
    ...files,
    { method: 'GET', path: '/', handle: (request) => page(request, 'index.html') },
    { method: 'GET', path: '/*', handle: (request) => page(request, below(request, '/')) },
  ]
}

function below(request: HttpRequest, prefix: string): string {
  return request.path.slice(prefix.length)
}

const STATUS_OF: ReadonlyMap<string, number> = new Map([
  ['kernel/malformed', 400],
  ['http/aborted', 400],
  ['http/unauthorized', 401],
  ['http/not-found', 404],
  ['server/unknown-pack', 404],
  ['server/unknown-release', 404],
  ['server/nothing-rolling', 409],
  ['server/not-newer', 409],
  ['tuf/version', 409],
  ['http/body-too-large', 413],
  ['server/hosts-full', 507],
  ['server/recalls-full', 507],
  ['server/stand-by', 503],
  ['server/lease-lost', 503],
])

/** Refusals carry their code and sentence; anything else is a fault of ours, is logged, and says nothing to the client. */
export function answerError(error: unknown): Response {
  const code = errorCode(error)
  const status = STATUS_OF.get(code) ?? (/^(?:server|tuf)\//.test(code) ? 422 : 500)
  if (status !== 500 && (error instanceof FirebreakError || error instanceof HttpError)) {
    return errorResponse(status, code, error.message)
  }
  log('request-failed', { code, message: errorMessage(error) })
  return errorResponse(500, 'server/fault', 'Cannot answer: the server failed; see its log')
}
