import type { Random } from './random.ts'
import type { Draft } from './sample-item.ts'

/** Gives the fields one of the shapes that events come in. */
export function shapeEvent(draft: Draft, random: Random): unknown {
  if (draft.has('Channel') && random.chance(0.25)) return envelope(draft, random)
  const flat = random.chance(0.5)
  return flat ? Object.fromEntries(draft) : nested(draft)
}

/** As XML of Windows turned into JSON. */
function envelope(draft: Draft, random: Random): unknown {
  const { Channel, EventID, Provider_Name, ...data } = Object.fromEntries(draft)
  const id = random.chance(0.3) ? { '#text': EventID, '#attributes': { Qualifiers: 0 } } : EventID
  const provider = Provider_Name === undefined ? 'P' : Provider_Name
  const System = { Provider: { '#attributes': { Name: provider } }, EventID: id, Channel }
  const body = random.chance(0.8) ? { EventData: data } : { UserData: { EventXML: data } }
  return { Event: { '#attributes': { xmlns: 'x' }, System, ...body } }
}

/** `a.b` as an object in an object, where no other field is in the way. */
function nested(draft: Draft): unknown {
  const event: Record<string, unknown> = {}
  for (const [name, value] of draft) {
    const [first = '', ...rest] = name.split('.')
    const parent = event[first] ?? {}
    const isFree = rest.length > 0 && !draft.has(first) && typeof parent === 'object' && !Array.isArray(parent)
    if (isFree) event[first] = { ...parent, [rest.join('.')]: value }
    else event[name] = value
  }
  return event
}
