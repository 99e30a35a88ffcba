import { SyscallError, trySyscall, type SyscallArg } from '../../syscalls.ts'

/** What a probe saw, by attempt: 'allowed', or the code of the refusal. */
export type Outcomes = Readonly<Record<string, string>>

export type Attempts = Readonly<Record<string, () => unknown>>

/** Runs each attempt to its end, one after the other. */
export async function outcomesOf(attempts: Attempts): Promise<Outcomes> {
  const outcomes: Record<string, string> = {}
  for (const [name, attempt] of Object.entries(attempts)) outcomes[name] = await outcomeOf(attempt)
  return outcomes
}

async function outcomeOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt()
    return 'allowed'
  } catch (error) {
    if (error instanceof SyscallError) return `errno ${error.errno}`
    const { code, errcode, message } = error as { code?: string; errcode?: number; message?: string }
    return code === 'ERR_SQLITE_ERROR' ? `sqlite ${errcode}` : (code ?? message ?? String(error))
  }
}

/** An attempt by a raw system call, as hostile machine code would make it. */
export function raw(number: number, ...args: readonly SyscallArg[]): () => void {
  return () => {
    const result = trySyscall(number, ...args)
    if (result < 0) throw new SyscallError(`call ${number}`, -result)
  }
}

/** Resolves with the emitter's `good` event, rejects with its 'error'. */
export function settle(
  emitter: { once(event: string, listener: (value: unknown) => void): unknown },
  good: string,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    emitter.once(good, resolve)
    emitter.once('error', reject)
  })
}
