import { FirebreakError, KernelError } from '@firebreak/kernel'

export type TufErrorCode =
  | 'tuf/malformed' // not the metadata that it should be: syntax, type, field, key id
  | 'tuf/threshold' // too few valid signatures by distinct keys of the role
  | 'tuf/version' // a rollback, a wrong version, or a role dropped from the snapshot
  | 'tuf/expired' // a freeze attack, or a publisher that fell asleep
  | 'tuf/hash' // bytes other than the digest or length that signed metadata promises
  | 'tuf/missing' // a file that has to be there is not
  | 'tuf/too-large' // above a named limit or above the signed length: endless data
  | 'tuf/too-many-rotations' // more new roots in one refresh than ROOT_ROTATIONS_MAX
  | 'tuf/delegation' // a delegation that we do not support, or a role that speaks outside its paths

export class TufError extends FirebreakError<TufErrorCode> {}

/** Runs a reader of hostile bytes; what the kernel's readers refuse becomes tuf/malformed. */
export function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof KernelError && error.code === 'kernel/malformed') {
      throw new TufError('tuf/malformed', error.message, error.details, error)
    }
    throw error
  }
}
