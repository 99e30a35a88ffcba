import { fileURLToPath } from 'node:url'

/** The checkout. */
export const ROOT: string = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '')
