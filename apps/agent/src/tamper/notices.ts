import { type Notice, notice, NOTICE_MESSAGE_CHARS_MAX, NOTICES_MAX } from '@firebreak/api'
import { readDurable, writeDurable } from '@firebreak/durable-fs'
import { errorCode, errorMessage, jsonBytes, list, parseJson, type WallMs } from '@firebreak/kernel'

/**
 * What an agent has to say of itself: that somebody changed its files, or stopped it. At most NOTICES_MAX, durable, in each beacon
 * until they are a week old.
 */
export type NoticeCode =
  | 'tamper/code-changed' // a file that the agent runs is not the one that was installed
  | 'tamper/manifest-changed' // the list of those files is not the one that was installed
  | 'tamper/environment' // somebody's variables or flags were there when it started
  | 'tamper/traced' // another process holds it by ptrace
  | 'tamper/policy-changed' // the customer's policy is gone or not the one that was taken
  | 'tamper/stop-refused' // somebody asked it to stop, without the right
  | 'tamper/notices-lost' // this very list was damaged
  | 'agent/stopped' // it was stopped in order, and has come back

export const NOTICE_KEPT_MS: WallMs = 7 * 86_400_000
const FILE_SIZE_BYTES_MAX = 131_072
const notices = list(notice, NOTICES_MAX)

/**
 * The list with `next` in it, newest last. The same again only has its time changed. One too many pushes out the oldest of the code
 * that has most: a flood of one kind can't hide another.
 */
export function addNotice(known: readonly Notice[], next: Notice): readonly Notice[] {
  const rest = known.filter(
    ({ code, message, atMs }) => (code !== next.code || message !== next.message) && next.atMs - atMs < NOTICE_KEPT_MS,
  )
  const all = [...rest, next]
  if (all.length <= NOTICES_MAX) return all
  const counts = new Map<string, number>()
  for (const { code } of all) counts.set(code, (counts.get(code) ?? 0) + 1)
  const most = Math.max(...counts.values())
  const victim = all.findIndex(({ code }) => counts.get(code) === most)
  return all.filter((_, i) => i !== victim)
}

/** The list of one agent. It stops no protection: what can't be written is kept in memory, and told in the beacon all the same. */
export class Notices {
  readonly #path: string
  readonly #onFault: (code: string, message: string) => void
  #all: readonly Notice[]

  static async open(path: string, onFault: (code: string, message: string) => void): Promise<Notices> {
    try {
      const bytes = await readDurable(path, FILE_SIZE_BYTES_MAX)
      const known = bytes ? notices(parseJson(bytes, FILE_SIZE_BYTES_MAX, 'notices'), 'notices') : []
      const nowMs = Date.now()
      return new Notices(
        path,
        known.filter(({ atMs }) => nowMs - atMs < NOTICE_KEPT_MS),
        onFault,
      )
    } catch (error) {
      const opened = new Notices(path, [], onFault)
      await opened.add('tamper/notices-lost', `Notices were lost: ${errorMessage(error)}`)
      return opened
    }
  }

  private constructor(path: string, all: readonly Notice[], onFault: (code: string, message: string) => void) {
    this.#path = path
    this.#all = all
    this.#onFault = onFault
  }

  /** Newest last. */
  get all(): readonly Notice[] {
    return this.#all
  }

  /** At once in `all`; resolves when it is durable, or when the disk does not take it. */
  async add(code: NoticeCode, message: string): Promise<void> {
    this.#all = addNotice(this.#all, { code, message: message.slice(0, NOTICE_MESSAGE_CHARS_MAX), atMs: Date.now() })
    try {
      await writeDurable(this.#path, jsonBytes(this.#all))
    } catch (error) {
      this.#onFault(errorCode(error), errorMessage(error))
    }
  }
}
