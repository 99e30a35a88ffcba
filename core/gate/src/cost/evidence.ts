/** What one image took for the same events. */
export interface CostMeasure {
  /** Nodes and predicates of all events together: the same on every machine. */
  readonly fuel: number
  /** Of the event that set off most. */
  readonly fuelPeak: number
  /** That event, as text; '' without events. */
  readonly peakEvent: string
  /** Heap and buffers that the image holds once it is loaded and has judged every event. */
  readonly memoryBytes: number
  /** CPU time of the whole process for one event, over all blocks. */
  readonly cpuNsPerEvent: number
}

/** CPU time of one block of events with one image and with the other, one right after the other. */
export interface PairedBlocks {
  readonly candidateNs: number
  readonly runningNs: number
}

/** Measured in one process, on one machine, in one run: only then is a ratio about the images. */
export interface CostEvidence {
  readonly events: number
  readonly candidate: CostMeasure
  /** Null: nothing runs yet. */
  readonly running: CostMeasure | null
  /** Which of the two came first changes with every pair. Empty when nothing runs yet. */
  readonly pairs: readonly PairedBlocks[]
}
