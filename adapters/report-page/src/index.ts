export { escapeHtml, jsonForHtml } from './escape.ts'
export { BASE_STYLE, headOf, type PageHead } from './head.ts'
export { Html, html, type Shown } from './markup.ts'
