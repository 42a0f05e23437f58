import { type Outcome, ownerOf } from '../../integration/outcome.ts'
import type { AlertEvidence, BudgetOutlook } from '../../slo/alert/alert-facts.ts'
import type { AlertName, IncidentDetails, Member } from '../../slo/alert/incident.ts'
import type { Counts } from '../../slo/model.ts'
import type { IncidentFacts } from '../decide/incident-facts.ts'
import { knownOutcome, originOf } from '../decide/origin.ts'
import { causeOf, isSure, ownerOfOrigin, stepFor } from './incident-text.ts'
import { durationText, minuteText, named, percent, share, spaced, times, whole } from './number-text.ts'

/** What messages say about one alert, whatever its kind. What is not known is said to be not known, never guessed. */
export interface Answers {
  forWhom: string
  howBad: string
  /** `16.7x of 14.4x`, `2.1x over 6 h`; '' for alerts about no SLO. */
  burn: string
  /** `41 %, empty in 17 h` */
  budgetLeft: string
  /** What speaks for the cause; '' where the alert is its own. */
  cause: string
  /** `provider`, `us`, `quota`, or that it is not known, and why. */
  whoCanFix: string
  firstStep: string
}

type Known = Pick<IncidentFacts, 'incident' | 'root' | 'impact' | 'exemplars'>
type Answer = (member: Member, facts: Known) => string
type EvidenceOf<K extends AlertEvidence['kind']> = Extract<AlertEvidence, { kind: K }>

export function answersOf(member: Member, facts: Known): Answers {
  const kind = KINDS[member.alertname]
  return {
    forWhom: kind.forWhom(member, facts),
    howBad: kind.howBad(member, facts),
    burn: burnText(member),
    budgetLeft: budgetLeft(member),
    cause: kind.cause(member, facts),
    whoCanFix: kind.whoCanFix(member, facts),
    firstStep: kind.firstStep(member, facts),
  }
}

/** An answer from the numbers of one kind of evidence, which alerts from before an upgrade may lack. */
const from =
  <K extends AlertEvidence['kind']>(kind: K, answer: (evidence: EvidenceOf<K>, member: Member) => string): Answer =>
  (member) =>
    member.evidence?.kind === kind ? answer(member.evidence as EvidenceOf<K>, member) : NOT_KNOWN

const NOT_KNOWN = 'not known'
const nothing: Answer = () => ''
const says =
  (text: string): Answer =>
  () =>
    text

/** Who suffers of an SLO: the services seen to, else whose SLO it is. */
const served: Answer = ({ service }, { impact }) => (impact.length > 0 ? named(impact) : service || NOT_KNOWN)

const withBudget =
  (answer: Answer): Answer =>
  (member, facts) =>
    [answer(member, facts), budgetText(member.budget)].filter((part) => part !== '').join('; ')

const burning: Answer = ({ details, budget, summary }) => (details ? burnedText(details, budget) : summary)

const recently: Answer = ({ budget }) => {
  if (!budget || budget.recent.burn === null) return 'how fast it burns is not known'
  const { burn, counts, minutes } = budget.recent
  return `burns ${times(burn)} over the last ${durationText(minutes)}: ${badText(counts, budget)}`
}

const spent: Answer = (member, facts) => {
  const { budget } = member
  if (!budget) return NOT_KNOWN
  return `${badText(budget.counts, budget)} in ${durationText(budget.windowMinutes)}; ${recently(member, facts)}`
}

const hour = from('hour', ({ endMs, counts, usualShare, weeks }, { budget }) => {
  const [begin, end] = [endMs - 3_600_000, endMs].map((ms) => minuteText(new Date(ms)))
  const failed = `${badText(counts, budget)} from ${begin?.slice(11, 16)} to ${end?.slice(11)}`
  return `${failed} (${share((counts.total - counts.good) / counts.total)}), usually ${share(usualShare)} at this hour of the week (${weeks} weeks)`
})

const silent = from('absent', ({ silentMinutes, before, lastEventAtMs }) => {
  const last = lastEventAtMs === null ? '' : `; the last began at ${minuteText(new Date(lastEventAtMs))}`
  return `no event for ${silentMinutes} min, ${whole(before)} in the hour before${last}`
})

/** What failure modes are counted in, where it is not calls. */
const COUNTED: Record<string, string> = { F5: 'batches', F7: 'attempts' }

const mode = from('mode', ({ id, bad, n, share: part, baselineShare }) => {
  if (id === 'F8') return `no call it answered is reported for 10 min, while others made ${whole(n)} calls to it`
  const before = baselineShare === null ? 'not known for' : `${share(baselineShare)} in`
  return `${whole(bad)} of ${whole(n)} ${COUNTED[id] ?? 'calls'} in 10 min (${share(part)}), ${before} the day before`
})

/** Who can end failure modes that show in no outcome: what retries and what reports is ours. */
const MODE_OWNERS: Record<string, string> = { F7: 'us', F8: 'us' }

const modeOwner = from('mode', ({ id, outcome }) =>
  outcome === '' ? (MODE_OWNERS[id] ?? NOT_KNOWN) : ownerText(knownOutcome(outcome)),
)

const ownerText = (outcome: Outcome): string => {
  const owner = ownerOf(outcome, 'outbound')
  return owner === 'none' ? NOT_KNOWN : owner
}

/** Who can end what the failing calls lead to. */
const byOrigin: Answer = (member, facts) => {
  const origin = originOf(facts)
  if (!origin) return `${NOT_KNOWN}: ${whyUnknown(member, facts)}`
  const owner = ownerOfOrigin(origin)
  if (owner === null) return `${NOT_KNOWN}: calls to ${origin.name} end without a reason`
  return isSure(facts) ? owner : `${NOT_KNOWN} for sure; ${owner}, if it is ${origin.name}`
}

const whyUnknown: Answer = ({ budget, alertname }, { root }) => {
  if (root && root.traced > 0) return 'no single cause stands out'
  const recent = alertname === 'SLOBurnRate' ? null : budget?.recent.counts
  return recent && recent.good >= recent.total ? 'nothing fails now' : 'no failing call could be traced'
}

const measured: Answer = (member, facts) => causeOf(facts) || `${NOT_KNOWN}: ${whyUnknown(member, facts)}`

const stepByOrigin: Answer = (member, facts) => {
  const { service, runbook } = member
  const origin = originOf(facts)
  if (origin) return stepFor(origin)
  const why = whyUnknown(member, facts)
  if (facts.exemplars.length > 0) return `look at an example trace: ${why}`
  return runbook === ''
    ? `look at what changed in ${service} and at its bad events: ${why}`
    : `follow the runbook: ${why}`
}

const seeWhatSpent: Answer = ({ slo }) =>
  `see on the page of ${slo} what spent it, by dependency, outcome and version; decide what waits until it recovers`

interface Kind extends Record<'forWhom' | 'howBad' | 'cause' | 'whoCanFix' | 'firstStep', Answer> {
  /** Whether what fails now explains it: then its headline says what. */
  isCaused: boolean
}

const SLO_KIND = { forWhom: served, cause: measured, whoCanFix: byOrigin, firstStep: stepByOrigin, isCaused: true }

/** What each kind of alert is answered from. */
const KINDS: Record<AlertName, Kind> = {
  SLOBurnRate: { ...SLO_KIND, howBad: withBudget(burning) },
  SLOBudgetSpent: { ...SLO_KIND, howBad: withBudget(spent), firstStep: seeWhatSpent, isCaused: false },
  SLOExhaustion: { ...SLO_KIND, howBad: withBudget(recently) },
  SLOUnusual: { ...SLO_KIND, howBad: withBudget(hour) },
  DependencyFailureMode: {
    forWhom: from('mode', ({ callers }) => named(callers) || NOT_KNOWN),
    howBad: mode,
    cause: from('mode', ({ likelyCause }) => (likelyCause === '' ? '' : `likely: ${plain(likelyCause)}`)),
    whoCanFix: modeOwner,
    firstStep: from('mode', ({ advice }) => plain(advice)),
    isCaused: false,
  },
  TelemetryAbsent: {
    forWhom: ({ service }) => `${NOT_KNOWN}: users of ${service} if it stands still, nobody if only its telemetry does`,
    howBad: withBudget(silent),
    cause: nothing,
    whoCanFix: ({ service }) => `${NOT_KNOWN}: ${service}, whoever calls it, or its telemetry may have stopped`,
    firstStep: ({ service }) => `check whether ${service} runs, is called, and still sends telemetry`,
    isCaused: false,
  },
  ProbeFailing: {
    forWhom: says(`${NOT_KNOWN}: a check fails, which is no user`),
    howBad: from('probe', ({ calls, bad }) => `${whole(bad)} of ${whole(calls)} checks failed in 5 min`),
    cause: nothing,
    whoCanFix: says(`${NOT_KNOWN}: a check says that it fails, not why`),
    firstStep: (member) => {
      const asked = member.evidence?.kind === 'probe' ? member.evidence.operation : ''
      const target = member.dependency || member.service
      return `repeat the check${asked === '' ? '' : ` ${asked}`} by hand, then check ${target} status`
    },
    isCaused: false,
  },
  PlumblineBlind: {
    forWhom: says('everybody who relies on alerts: none rises or ends'),
    howBad: from(
      'blind',
      ({ sinceMs }) =>
        `no telemetry is complete since ${minuteText(new Date(sinceMs))}; budgets and burn rates are the last ones known`,
    ),
    cause: nothing,
    whoCanFix: says('us'),
    firstStep: says('check that a collector runs, that services reach it, and that it reaches the store'),
    isCaused: false,
  },
  PlumblineSelf: {
    forWhom: says('everybody who relies on Plumbline'),
    howBad: ({ summary }) => summary,
    cause: nothing,
    whoCanFix: says('us'),
    firstStep: says('look at the log of the evaluator'),
    isCaused: false,
  },
}

/** Whether the headline of an alert goes on with what fails now. */
export const isCaused = ({ alertname }: Member): boolean => KINDS[alertname].isCaused

/** How bad one burning SLO is: counts and burn of the governing window, and the burn of the other one. */
function burnedText(details: IncidentDetails, budget: BudgetOutlook | null): string {
  const other = details.tier.split('/').find((window) => window !== details.governingWindow)
  const otherBurn = other === undefined ? null : (details.burnRates[other] ?? null)
  const beside = other === undefined || otherBurn === null ? '' : `, ${times(otherBurn)} in ${spaced(other)}`
  const seen = details.seen
  const received = seen ? ` by sampling weight, ${whole(seen.bad)} of ${whole(seen.good + seen.bad)} as received,` : ''
  return `${badText(details.counts, budget)}${received} in ${spaced(details.governingWindow)} (governing window)${beside}`
}

/** `1,000 of 60,000 calls failed` */
function badText({ good, total }: Counts, budget: BudgetOutlook | null): string {
  const [noun = '', ...verb] = (budget?.bad ?? 'events were bad').split(' ')
  return `${whole(total - good)} of ${whole(total)} ${noun} ${verb.join(' ')}`
}

function burnText({ details, budget, alertname }: Member): string {
  if (alertname === 'SLOBurnRate' && details) return `${times(details.burn)} of ${times(details.factor)}`
  if (!budget) return ''
  const { burn, minutes } = budget.recent
  return burn === null ? NOT_KNOWN : `${times(burn)} over ${durationText(minutes)}`
}

/** `41 %, empty in 17 h` */
function budgetLeft({ budget, slo }: Member): string {
  if (!budget) return slo === '' ? 'none: it is about no SLO' : NOT_KNOWN
  const { remaining, windowMinutes } = budget
  if (remaining === null) return `${NOT_KNOWN}: no events in ${durationText(windowMinutes)}`
  return remaining <= 0 ? overspent(remaining) : `${percent(remaining)}, ${emptyText(budget)}`
}

const overspent = (remaining: number) => (remaining === 0 ? 'none' : `overspent by ${Math.ceil(-remaining * 100)} %`)

const emptyText = ({ minutesLeft }: BudgetOutlook) =>
  minutesLeft === null ? 'lasts at this rate' : `empty in ${durationText(minutesLeft)}`

/** `41 % of the 30 d budget left, empty in 17 h` */
function budgetText(budget: BudgetOutlook | null): string {
  if (!budget) return 'the budget is not known'
  const { remaining, windowMinutes } = budget
  const what = `the ${durationText(windowMinutes)} budget`
  if (remaining === null) return `${what} is not known`
  if (remaining <= 0) return remaining === 0 ? `${what} is spent` : `${what} is ${overspent(remaining)}`
  return `${percent(remaining)} of ${what} left, ${emptyText(budget)}`
}

/** Of one sentence or several, without the last full stop: what follows may add its own. */
const plain = (text: string): string => text.replace(/\.$/, '')
