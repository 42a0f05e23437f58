import type { Dependency } from './api-shapes.ts'

/** Failed ÷ all calls, null without calls. */
export const failedShare = ({ calls }: Pick<Dependency, 'calls'>): number | null =>
  calls.total === 0 ? null : calls.failed / calls.total

const MENDER: Record<Dependency['owner'], string> = {
  provider: 'theirs to mend',
  us: 'ours to mend',
  quota: 'a matter of quota',
  none: '',
}

/** Who can mend what goes wrong; empty when nothing does. */
export const menderWords = (owner: Dependency['owner']): string => MENDER[owner]
