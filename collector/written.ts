import type { EndFault } from './protobuf/span-view.ts'
import { Rejections } from './rejections.ts'

/** What became of the records of one request. */
export interface Written {
  accepted: number
  rejections: Rejections
  /** Spans stored with a change: with duration 0, by what was wrong with their ends; with a weight that was capped. */
  adjusted: Record<EndFault | 'weight_capped', number>
  /** Spans that came before, in this request or in another: not stored again. */
  duplicates: number
}

export const nothingWritten = (): Written => ({
  accepted: 0,
  rejections: new Rejections(),
  adjusted: { end_before_start: 0, end_too_late: 0, weight_capped: 0 },
  duplicates: 0,
})
