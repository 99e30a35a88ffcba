import { FirebreakError } from '@firebreak/kernel'

export type PackFolderErrorCode = 'pack-folder/unreadable' // the folder itself; what is wrong inside is a diagnostic

export class PackFolderError extends FirebreakError<PackFolderErrorCode> {}
