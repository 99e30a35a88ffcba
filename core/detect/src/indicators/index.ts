export { parseAddress } from '@firebreak/content'
export { IndicatorIndex } from './indicator-index.ts'
