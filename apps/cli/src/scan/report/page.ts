// The script of the HTML report. Runs in a browser, under a policy that allows it by its digest and nothing else.
// Everything in `data` is hostile: it becomes text nodes, never markup.
;(() => {
  type Row = readonly [
    time: string,
    level: number,
    rule: number,
    host: string,
    file: string,
    place: number,
    matched: readonly (readonly [selection: string, field: string, value: string])[],
    fields: readonly (readonly [field: string, value: string])[],
  ]
  type Column = 'time' | 'level' | 'rule' | 'host' | 'where'

  const PAGE_ROWS = 200
  const LEVELS = ['informational', 'low', 'medium', 'high', 'critical']
  const HIDDEN = /([\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?![\n\t])\p{Cc})/u

  const source = document.getElementById('data')?.textContent ?? '{"rules":[],"rows":[]}'
  const data = JSON.parse(source) as { readonly rules: readonly string[]; readonly rows: readonly Row[] }
  const body = document.querySelector('#table tbody')
  if (body === null) return

  const search = document.querySelector<HTMLInputElement>('#search')
  const shown = document.querySelector<HTMLOutputElement>('#shown')
  const more = document.querySelector<HTMLButtonElement>('#more')
  const chip = document.querySelector<HTMLButtonElement>('#rule')
  const levels = [...document.querySelectorAll<HTMLInputElement>('#levels input')]
  const heads = [...document.querySelectorAll<HTMLButtonElement>('#table [data-sort]')]

  const order = new Map(data.rows.map((row, index) => [row, index]))
  const texts = new Map<Row, string>()
  let rule: number | null = null
  let column: Column = 'time'
  let isDescending = false
  let visible: readonly Row[] = []
  let listed = 0

  const title = (row: Row) => data.rules[row[2]] ?? ''
  const keys: Readonly<Record<Column, (row: Row) => string | number>> = {
    // Rows come in the order of their times; those without one are at the end.
    time: (row) => order.get(row) ?? 0,
    level: (row) => row[1],
    rule: title,
    host: (row) => row[3],
    where: (row) => `${row[4]} ${String(row[5]).padStart(12, '0')}`,
  }

  /** What the search looks through, made when it is first asked for. */
  function textOf(row: Row): string {
    let text = texts.get(row)
    if (text === undefined) {
      text = [title(row), row[3], row[4], ...row[7].flat()].join('\n').toLowerCase()
      texts.set(row, text)
    }
    return text
  }

  function choose(): void {
    const words = (search?.value ?? '')
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '')
    const allowed = new Set(levels.filter((box) => box.checked).map((box) => Number(box.value)))
    const key = keys[column]
    const direction = isDescending ? -1 : 1
    visible = data.rows
      .filter((row) => allowed.has(row[1]) && (rule === null || row[2] === rule))
      .filter((row) => words.every((word) => textOf(row).includes(word)))
      .toSorted((a, b) => (key(a) < key(b) ? -direction : key(a) > key(b) ? direction : 0))
    body?.replaceChildren()
    listed = 0
    list()
    for (const head of heads) {
      const order = head.dataset['sort'] === column ? (isDescending ? 'descending' : 'ascending') : 'none'
      head.parentElement?.setAttribute('aria-sort', order)
    }
    if (chip) {
      chip.hidden = rule === null
      chip.replaceChildren(...textNodes(rule === null ? '' : `${data.rules[rule] ?? ''} ✕`))
    }
  }

  function list(): void {
    const next = visible.slice(listed, listed + PAGE_ROWS)
    body?.append(...next.map(rowElement))
    listed += next.length
    const number = (value: number) => value.toLocaleString('en')
    if (shown) shown.textContent = `${number(visible.length)} of ${number(data.rows.length)}`
    if (more) {
      more.hidden = listed >= visible.length
      more.textContent = `Show ${number(Math.min(PAGE_ROWS, visible.length - listed))} more of ${number(visible.length - listed)}`
    }
  }

  function rowElement(row: Row): HTMLTableRowElement {
    const level = element('span', 'level', LEVELS[row[1]] ?? '')
    level.dataset['level'] = LEVELS[row[1]] ?? ''
    const open = element('button', 'link', title(row))
    open.setAttribute('type', 'button')
    open.setAttribute('aria-expanded', 'false')
    const line = document.createElement('tr')
    line.append(
      cell('time', row[0]),
      wrap(level),
      wrap(open),
      cell('host', row[3]),
      cell('where', `${row[4]}:${row[5]}`),
    )
    const preview = row[6].map(([, field, value]) => `${field}: ${value}`).join('  ')
    if (preview !== '') line.children[2]?.append(element('div', 'preview', preview))
    let details: HTMLTableRowElement | null = null
    open.addEventListener('click', () => {
      if (details) details.remove()
      details = details ? null : detailsOf(row)
      if (details) line.after(details)
      open.setAttribute('aria-expanded', String(details !== null))
    })
    return line
  }

  function detailsOf(row: Row): HTMLTableRowElement {
    const matched = new Map(row[6].map(([selection, field]) => [field, selection]))
    const fields = document.createElement('dl')
    const matchedFirst = row[7].toSorted((a, b) => Number(matched.has(b[0])) - Number(matched.has(a[0])))
    for (const [field, value] of matchedFirst) {
      const selection = matched.get(field)
      const pair = element('div', selection === undefined ? '' : 'matched', '')
      const name = element('dt', '', field)
      if (selection !== undefined && selection !== '') name.append(element('span', 'selection', selection))
      pair.append(name, element('dd', '', value))
      fields.append(pair)
    }
    const line = element('tr', 'details', '') as HTMLTableRowElement
    const all = document.createElement('td')
    all.colSpan = 5
    all.append(fields)
    line.append(all)
    return line
  }

  function cell(name: string, text: string): HTMLElement {
    return element('td', name, text)
  }

  function wrap(inner: HTMLElement): HTMLTableCellElement {
    const outer = document.createElement('td')
    outer.append(inner)
    return outer
  }

  function element(name: string, className: string, text: string): HTMLElement {
    const made = document.createElement(name)
    if (className !== '') made.className = className
    made.append(...textNodes(text))
    return made
  }

  /** What would hide, or turn around, the text beside it is shown as its number. */
  function textNodes(text: string): readonly (Text | HTMLElement)[] {
    return text.split(HIDDEN).map((part, index) => {
      if (index % 2 === 0) return document.createTextNode(part)
      const code = document.createElement('span')
      code.className = 'code'
      code.textContent = `U+${(part.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
      return code
    })
  }

  search?.addEventListener('input', choose)
  for (const box of levels) box.addEventListener('change', choose)
  more?.addEventListener('click', list)
  for (const head of heads) {
    head.addEventListener('click', () => {
      const next = head.dataset['sort'] as Column
      isDescending = next === column ? !isDescending : next === 'level'
      column = next
      choose()
    })
  }
  chip?.addEventListener('click', () => {
    rule = null
    choose()
  })
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-rule]')) {
    button.addEventListener('click', () => {
      rule = Number(button.dataset['rule'])
      choose()
      document.getElementById('detections')?.scrollIntoView()
    })
  }
  choose()
})()
