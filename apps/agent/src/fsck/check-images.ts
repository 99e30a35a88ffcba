import { verifyImage } from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'
import { errorMessage, FirebreakError, utf8Decode } from '@firebreak/kernel'
import { type HeldImage, isImage, type StateSummary } from './check-state.ts'
import type { ShownFolder } from './folder.ts'
import type { Findings } from './report.ts'

const IMAGE_BYTES_MAX = 64 * 1024 * 1024
const INFO_BYTES_MAX = 4_096
const FETCH_AGAIN = 'the agent counts it as gone, and fetches it again when the plan offers it'
const INSTALL_AGAIN = 'run `firebreak agent install` again'

/** Each slot's image is there, whole, and what the verifier of content accepts. */
export async function checkSlots(folder: ShownFolder, state: StateSummary | null, findings: Findings): Promise<void> {
  for (const image of state?.held ?? []) {
    const path = `slots/${image.imageDigest}.fbi`
    if (!folder.has(path)) findings.add('slot/missing', path, `The image of a slot is not there; ${FETCH_AGAIN}`)
    const bytes = await folder.read(path, IMAGE_BYTES_MAX)
    if (bytes) checkImage('slot', path, bytes, image, FETCH_AGAIN, findings)
  }
  const named = new Set(state?.held.map(({ imageDigest }) => `${imageDigest}.fbi`))
  for (const file of folder.filesIn('slots')) {
    if (!file.endsWith('.fbi') || named.has(file)) continue
    findings.leave(`slots/${file}`, 'an image that no slot names; the next change of the slots removes it')
  }
}

/** What is built in: the image and what describes it are there together, or neither is. */
export async function checkStarter(folder: ShownFolder, findings: Findings): Promise<void> {
  const info = await folder.read('starter.json', INFO_BYTES_MAX)
  const bytes = await folder.read('starter.fbi', IMAGE_BYTES_MAX)
  if (!info && !bytes) return
  if (!info || !bytes) {
    const path = info ? 'starter.fbi' : 'starter.json'
    findings.add('starter/missing', path, `Without it there is no starter image for safe mode; ${INSTALL_AGAIN}`)
    return
  }
  const image = readInfo(info)
  if (image) checkImage('starter', 'starter.fbi', bytes, image, INSTALL_AGAIN, findings)
  else findings.add('starter/malformed', 'starter.json', `It describes no image; ${INSTALL_AGAIN}`)
}

function readInfo(bytes: Uint8Array): HeldImage | null {
  try {
    const value: unknown = JSON.parse(utf8Decode(bytes))
    return isImage(value) ? value : null
  } catch {
    return null
  }
}

function checkImage(
  where: 'slot' | 'starter',
  path: string,
  bytes: Uint8Array,
  image: HeldImage,
  toDo: string,
  findings: Findings,
): void {
  if (sha256Hex(bytes) !== image.imageDigest) {
    findings.add(`${where}/digest`, path, `Its bytes were changed; ${toDo}`)
    return
  }
  try {
    const { pack, version } = verifyImage(bytes)
    if (pack === image.pack && version === image.version) return
    const message = `It is ${pack} ${version} and is said to be ${image.pack} ${image.version}; ${toDo}`
    findings.add(`${where}/release`, path, message)
  } catch (error) {
    if (!(error instanceof FirebreakError) || error.code === 'kernel/bug') throw error
    findings.add(`${where}/content`, path, `The verifier refuses it (${errorMessage(error)}); ${toDo}`)
  }
}
