import { randomBytes } from 'node:crypto'
import { equalSecrets, sha256Hex } from '@firebreak/crypto'
import { HttpError, type HttpRequest } from '@firebreak/http'
import type { Database } from '@firebreak/sqlite'
import { ServerError } from './errors.ts'
import { textOf } from './schema.ts'

export type SharedToken = 'operator' | 'enrol'

const TOKEN_BYTES = 32

/** 256 random bits. The server keeps only the digest, so a stolen database opens nothing. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}

export function tokenHash(token: string): string {
  return sha256Hex(token)
}

export function storeSharedToken(database: Database, which: SharedToken, token: string): void {
  database
    .prepare('insert or replace into setting(key, value) values (?, ?)')
    .run(`${which}-token-hash`, tokenHash(token))
}

/** Checks the two tokens that people hand around: the operators' and the one that lets hosts enrol. */
export class TokenGuard {
  readonly #hashes: Readonly<Record<SharedToken, string>>

  /** @throws ServerError server/data-folder */
  constructor(database: Database) {
    const read = (which: SharedToken) => {
      const row = database.prepare('select value from setting where key = ?').get(`${which}-token-hash`)
      if (!row) {
        throw new ServerError('server/data-folder', 'Cannot start: the data folder is not initialised; run init first')
      }
      return textOf(row, 'value')
    }
    this.#hashes = { operator: read('operator'), enrol: read('enrol') }
  }

  /** @throws HttpError http/unauthorized */
  require(which: SharedToken, request: HttpRequest): void {
    const token = request.bearerToken()
    if (token === null || !equalSecrets(tokenHash(token), this.#hashes[which])) throw unauthorized(which)
  }
}

export function unauthorized(which: SharedToken | 'host'): HttpError {
  return new HttpError('http/unauthorized', `Cannot answer: this needs a valid ${which} token`)
}
