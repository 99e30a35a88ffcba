import { FirebreakError } from '@firebreak/kernel'

export type HttpErrorCode =
  | 'http/port-in-use'
  | 'http/address' // the address can't be listened on
  | 'http/tls-required' // beyond this machine only with TLS
  | 'http/body-too-large'
  | 'http/aborted' // the client went away in the middle of its request
  | 'http/not-found'
  | 'http/unauthorized'

export class HttpError extends FirebreakError<HttpErrorCode> {}
