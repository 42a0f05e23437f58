/** 95 % two-sided. */
const Z = 1.959963984540054

/**
 * Lower bound of the 95 % Wilson score interval of a share seen in n events: what the share is at least.
 * Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927). Example: 0.82 of 400 → 0.779.
 */
export function wilsonLowerBound(share: number, n: number): number {
  if (n === 0) return 0
  const z2 = Z * Z
  const spread = Z * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n))
  return (share + z2 / (2 * n) - spread) / (1 + z2 / n)
}

export type Confidence = 'high' | 'medium' | 'low'

/** Share of the bad calls from which a cause is called the cause. */
export const ROOT_SHARE = 0.6

/** Bad calls below which no cause is named. */
export const ROOT_MIN_BAD = 20

/** How sure it is that a suspect behind `share` of `n` bad calls is behind most of all. */
export function confidenceOf(share: number, n: number): Confidence {
  if (wilsonLowerBound(share, n) >= ROOT_SHARE) return 'high'
  return share >= ROOT_SHARE ? 'medium' : 'low'
}
