export { type Cut, CutDisk, CUTS } from './power-cut.ts'
export { type DiskOp, traceWrites } from './trace.ts'
