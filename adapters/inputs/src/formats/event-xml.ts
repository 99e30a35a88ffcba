/** `<Data Name="Image">text</Data>`, with its name; `<Channel>text</Channel>`; `<Provider Name="x" Guid="y"/>`. */
const DATA = /<Data Name="([^"<]*)"(?:\/>|>([^<]*)<\/Data>)/g
const ELEMENT = /<(EventID|Version|Level|Task|Opcode|Keywords|EventRecordID|Channel|Computer)>([^<]*)<\//g
const ATTRIBUTES = /<(Provider|TimeCreated|Execution|Correlation|Security)((?: [A-Za-z]+="[^"<]*")*) ?\/>/g
const ATTRIBUTE = / ([A-Za-z]+)="([^"]*)"/g
const ENTITY = /&(lt|gt|amp|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});/g
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const CODE_POINT_MAX = 0x10ffff

const START = '<Event>'
const END = '</Event>'
const SYSTEM_END = '</System>'

/**
 * The values of the one event in Windows' event XML that stands in the text; null when there is none. No reader of XML:
 * what Sysmon writes is flat, and what an attacker writes into a value can't contain `<`. Time linear in the text.
 */
export function eventXmlIn(text: string): ReadonlyMap<string, string> | null {
  const from = text.indexOf(START)
  const to = text.lastIndexOf(END)
  const systemEnd = text.indexOf(SYSTEM_END, from)
  if (from < 0 || systemEnd < 0 || to < systemEnd) return null
  const values = new Map<string, string>()
  const keep = (name: string, value: string) => {
    if (!values.has(name)) values.set(name, unescaped(value))
  }
  const system = text.slice(from, systemEnd)
  for (const [, name = '', value = ''] of system.matchAll(ELEMENT)) keep(name, value)
  for (const [, element = '', attributes = ''] of system.matchAll(ATTRIBUTES)) {
    for (const [, name = '', value = ''] of attributes.matchAll(ATTRIBUTE)) keep(`${element}_${name}`, value)
  }
  for (const [, name = '', value = ''] of text.slice(systemEnd, to).matchAll(DATA)) keep(name, value)
  return values
}

function unescaped(text: string): string {
  return text.replaceAll(ENTITY, (whole, entity: string) => {
    if (!entity.startsWith('#')) return NAMED[entity] ?? whole
    const code = entity.startsWith('#x') ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1))
    return code <= CODE_POINT_MAX ? String.fromCodePoint(code) : whole
  })
}
