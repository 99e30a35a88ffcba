/** False where the system call numbers and layouts in this adapter do not hold. */
export function available(): boolean {
  return process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
}
