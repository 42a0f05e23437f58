/** The largest integer of OTLP, 2^63 − 1. Counts beyond it are no counts, and sums of them may be no numbers. */
const MOST = '9223372036854775807'

/** SQL condition: both counts are numbers that sums can hold; NaN and infinities are none. */
export const areCountable = (good: string, total: string) => `(abs(${good}) <= ${MOST} AND abs(${total}) <= ${MOST})`

/** SQL: the count, or 0 where it is none, so that one row cannot make a sum of others unreadable. */
export const countable = (count: string) => `if(abs(${count}) <= ${MOST}, ${count}, 0)`

/** SQL condition: the counts of a minute or hour cannot be true, so that its SLI is invalid. */
export const cannotBeTrue = (good: string, total: string) =>
  `(${good} > ${total} OR ${good} < 0 OR NOT ${areCountable(good, total)})`

/** SQL of the good count as it is stored: of counts that are none, −1 of 0 is stored, which cannot be true. */
export const storedGood = (good: string, total: string) => `if(${areCountable(good, total)}, ${good}, -1)`
export const storedTotal = (good: string, total: string) => `if(${areCountable(good, total)}, ${total}, 0)`
export const storedCounts = (good: string, total: string) => `${storedGood(good, total)}, ${storedTotal(good, total)}`

/** The same for counts that were read. */
export const storedCountsOf = (good: number, total: number): [good: number, total: number] =>
  Math.abs(good) <= Number(MOST) && Math.abs(total) <= Number(MOST) ? [good, total] : [-1, 0]

/** SQL of the columns beside the counts, in the order they are stored in. */
export const SPREAD = ['variance_bad', 'variance_good', 'seen_bad', 'seen_good'].map(countable).join(', ')
