import { Rejections } from './rejections.ts'

/** What became of the records of one request. */
export interface Written {
  accepted: number
  rejections: Rejections
  /** Spans that ended before they began: stored with duration 0. */
  backwards: number
}

export const nothingWritten = (): Written => ({ accepted: 0, rejections: new Rejections(), backwards: 0 })
