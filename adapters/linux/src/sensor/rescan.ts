import type { Observer } from './observer.ts'

/** Announcements were lost: what runs now is read again, so that at least later parents are right. */
export function rescan(observer: Observer): void {
  for (const process of observer.table.living()) {
    if (observer.learn(process.pid) === null) {
      observer.table.end(process.pid, process.startTicks, observer.bootMs)
    }
  }
  observer.learnRunning()
}
