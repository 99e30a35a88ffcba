/** The console's icons: 16 by 16, drawn with the colour of the text beside them. */
const PATHS = {
  confirmed: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M5.25 8.2l1.9 1.9l3.6-3.9',
  trial: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M8 4.5V8l2.25 1.5',
  refused: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M3.75 3.75l8.5 8.5',
  'fell-back': 'M5.5 2.75L2.5 5.75l3 3M2.75 5.75h6.5a4 4 0 0 1 0 8H5.5',
  silent:
    'M6.49 1.94A6.25 6.25 0 0 1 9.51 1.94M11.22 2.64A6.25 6.25 0 0 1 13.36 4.78M14.06 6.49A6.25 6.25 0 0 1 14.06 9.51M13.36 11.22A6.25 6.25 0 0 1 11.22 13.36M9.51 14.06A6.25 6.25 0 0 1 6.49 14.06M4.78 13.36A6.25 6.25 0 0 1 2.64 11.22M1.94 9.51A6.25 6.25 0 0 1 1.94 6.49M2.64 4.78A6.25 6.25 0 0 1 4.78 2.64M5.75 8h4.5',
  stopped: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M5.75 5.75h4.5v4.5h-4.5z',
  waiting: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5',
  stop: 'M5.4 1.75h5.2l3.65 3.65v5.2l-3.65 3.65H5.4L1.75 10.6V5.4zM8 4.75v3.75M8 11v.1',
  recall: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M5.75 5.75l4.5 4.5M10.25 5.75l-4.5 4.5',
  advance: 'M2.5 8h10.5M9 4l4 4l-4 4',
  hold: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.25v9.5L12.5 8z',
  copy: 'M5.75 5.75h7.5v7.5h-7.5zM3.25 10.25h-.5v-7.5h7.5v.5',
  done: 'M3 8.5l3.25 3.25L13 4.75',
  search: 'M7 2.25a4.75 4.75 0 1 0 0 9.5a4.75 4.75 0 1 0 0-9.5M10.5 10.5l3.25 3.25',
  close: 'M4 4l8 8M12 4l-8 8',
  leave: 'M6.25 2.75h-3.5v10.5h3.5M6.5 8h7M10.75 5L13.75 8l-3 3',
  chevron: 'M6 3.5L10.5 8L6 12.5',
  key: 'M10.25 2.25a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7M7.75 8.25L2.25 13.75M4.25 11.75l1.75 1.75',
  offline: 'M2 2l12 12M6.3 3.4A4 4 0 0 1 11.5 6.5a2.9 2.9 0 0 1 2.2 4.4M10.6 12.75H4.75a3 3 0 0 1-.6-5.9',
} as const

export type IconName = keyof typeof PATHS

/** Decoration: the text beside it says the same, so assistive technology skips it. */
export function Icon({ name }: { readonly name: IconName }): React.ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}

export function Mark(): React.ReactNode {
  return (
    <svg className="mark" viewBox="0 0 16 16" width="20" height="20" aria-hidden="true" focusable="false">
      <rect width="16" height="16" rx="4" />
      <path d="M4 12.25V3.75h2.2v8.5zM9.8 12.25v-4h2.2v4zM9.8 6.2V3.75h2.2V6.2z" />
    </svg>
  )
}
