import type { EndFault } from './protobuf/span-view.ts'
import { Rejections } from './rejections.ts'

/** What became of the records of one request. */
export interface Written {
  accepted: number
  rejections: Rejections
  /** Spans stored with duration 0, by what was wrong with their ends. */
  adjusted: Record<EndFault, number>
}

export const nothingWritten = (): Written => ({
  accepted: 0,
  rejections: new Rejections(),
  adjusted: { end_before_start: 0, end_too_late: 0 },
})
