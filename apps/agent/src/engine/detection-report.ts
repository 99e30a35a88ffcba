import {
  CUSTOM_CHARS_MAX,
  DETECTION_FIELDS_MAX,
  DETECTION_SELECTIONS_MAX,
  type DetectionReport,
  FIELD_CHARS_MAX,
  FIELD_NAME_CHARS_MAX,
  type FieldText,
  LEVEL_CHARS_MAX,
  MATCHED_CHARS_MAX,
  MATCHED_MAX,
  RULE_ID_CHARS_MAX,
  SELECTION_NAME_CHARS_MAX,
  TAG_CHARS_MAX,
  TAGS_MAX,
  TITLE_CHARS_MAX,
} from '@firebreak/api'
import type { Detection } from '@firebreak/detect'
import { WALL_MS_MAX, type WallMs } from '@firebreak/kernel'

/** UTF-16 units of names and values of one detection, so that however large its event is it fits an acknowledgement. */
const FIELDS_CHARS_MAX = 65_536
const SELECTIONS_CHARS_MAX = 16_384

/** What of a detection leaves the engine: all of it, as far as the limits of the wire go. The one place that cuts. */
export function detectionReport(detection: Detection): DetectionReport {
  const { ruleId, title, level, tags, pack, version, category, timeMs, custom } = detection
  const fieldsRoom = new Room(FIELDS_CHARS_MAX)
  const selectionsRoom = new Room(SELECTIONS_CHARS_MAX)
  return {
    atMs: wallMs(timeMs),
    ruleId: cut(ruleId, RULE_ID_CHARS_MAX),
    title: cut(title, TITLE_CHARS_MAX),
    level: cut(level, LEVEL_CHARS_MAX),
    tags: tags.slice(0, TAGS_MAX).map((tag) => cut(tag, TAG_CHARS_MAX)),
    pack,
    version,
    category,
    fields: fieldsRoom.fields(detection.fields.slice(0, DETECTION_FIELDS_MAX), FIELD_CHARS_MAX),
    selections: detection.selections.slice(0, DETECTION_SELECTIONS_MAX).map(({ name, matched }) => ({
      name: cut(name, SELECTION_NAME_CHARS_MAX),
      matched: selectionsRoom.fields(matched.slice(0, MATCHED_MAX), MATCHED_CHARS_MAX),
    })),
    // Half of a JSON text is none.
    custom: custom !== null && custom.length <= CUSTOM_CHARS_MAX ? custom : null,
  }
}

/** What is left of a limit that several texts share. */
class Room {
  #left: number

  constructor(charsMax: number) {
    this.#left = charsMax
  }

  /** Values are cut to what is left; where not even the name fits, that field and those behind it are left out. */
  fields(fields: readonly FieldText[], valueCharsMax: number): readonly FieldText[] {
    const taken: FieldText[] = []
    for (const one of fields) {
      const field = cut(one.field, FIELD_NAME_CHARS_MAX)
      if (field.length >= this.#left) break
      this.#left -= field.length
      const value = cut(one.value, Math.min(valueCharsMax, this.#left))
      this.#left -= value.length
      taken.push({ field, value })
    }
    return taken
  }
}

/** Never between the halves of a surrogate pair. */
function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text
  const last = text.charCodeAt(charsMax - 1)
  const isHalf = last >= 0xd800 && last < 0xdc00
  return text.slice(0, isHalf ? charsMax - 1 : charsMax)
}

/** A sensor's time is any number. */
function wallMs(timeMs: number): WallMs {
  return Math.min(Math.max(Math.trunc(timeMs), 0), WALL_MS_MAX)
}
