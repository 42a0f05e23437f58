import { type Brief, headline, type Message, wordOf } from '../deliver/message.ts'
import { cut, durationText, minuteText, percent, timeText } from '../deliver/number-text.ts'

/** Longest texts Slack takes. Source: https://docs.slack.dev/reference/block-kit/blocks */
const MAX_HEADER = 150
const MAX_SECTION = 3_000
const MAX_FIELD = 2_000
const MAX_BUTTON_URL = 3_000
const MAX_TEXT = 3_000

/**
 * A message for an incoming webhook of Slack, or of what is compatible with it. Longer texts are cut, never refused.
 * Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
export function slackBody(message: Message): string {
  const { brief } = message
  const word = wordOf(message)
  return JSON.stringify({
    text: escaped(`${word} ${headline(brief)}`, MAX_TEXT),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(`${word}  ${brief.what}`, MAX_HEADER) } },
      { type: 'section', text: mrkdwn(storyOf(brief), MAX_SECTION) },
      { type: 'section', fields: fieldsOf(message).map(([name, value]) => mrkdwn(`*${name}*\n${value}`, MAX_FIELD)) },
      { type: 'actions', elements: buttonsOf(brief) },
      { type: 'context', elements: [mrkdwn(contextOf(message), MAX_FIELD)] },
    ],
  })
}

function storyOf({ why, cause, firstStep, endedAt, ending, howBad, others, isFrozen }: Brief): string {
  const because = why ? `*${why}*${cause ? ` (${cause})` : ''}. ` : cause ? `Cause: ${cause}. ` : ''
  const more = others > 0 ? `${others} more alerts belong to it. ` : ''
  const frozen = isFrozen ? 'Data is missing: these are the last numbers known. ' : ''
  if (ending !== '') return `${howBad}. First step: ${firstStep}.`
  return endedAt ? `${because}${howBad}` : `${because}${howBad}. ${more}${frozen}First step: ${firstStep}.`
}

/** What is not known is left out. */
function fieldsOf({ brief, data }: Message): [name: string, value: string][] {
  const { startedAt, endedAt, budgetLeft, budgetSpent, forWhom, whoCanFix, owner, acknowledgedBy, deployments } = brief
  const isToday = (at: Date) => at.toISOString().slice(0, 10) === data.watermark.toISOString().slice(0, 10)
  const lasted = endedAt ? ` to ${timeText(endedAt)}, ${durationText((+endedAt - +startedAt) / 60_000)}` : ''
  const fields: [string, string][] = [
    ['Since', `${isToday(startedAt) ? timeText(startedAt) : minuteText(startedAt)}${lasted}`],
    endedAt && budgetSpent !== null ? ['Budget spent', percent(budgetSpent)] : ['Budget left', budgetLeft],
    ['Impact', forWhom],
    ['Who can fix it', whoCanFix],
    ['Owner', owner],
    ['Runbook', brief.links.runbook === '' ? 'none is named' : ''],
    ['Acknowledged by', acknowledgedBy],
    ['Deployed before', deployments.slice(0, 3).join('\n')],
  ]
  return fields.filter(([, value]) => value !== '')
}

const buttonsOf = ({ links }: Brief) =>
  Object.entries({ Incident: links.incident, About: links.subject, Runbook: links.runbook, Trace: links.trace })
    .filter(([, url]) => url !== '' && url.length <= MAX_BUTTON_URL)
    .map(([text, url]) => ({ type: 'button', text: { type: 'plain_text', text }, url }))

const contextOf = ({ incident, sequence, reason }: Message) => `${incident}, ${sequence}, ${reason}`

/** `verbatim`: addresses and names within it stay text. */
const mrkdwn = (text: string, max: number) => ({ type: 'mrkdwn', text: escaped(text, max), verbatim: true })

/** Cut before it is escaped, so that no entity is cut in two; short enough for the longest entities all the same. */
function escaped(text: string, max: number): string {
  for (let length = max; ; length -= 100) {
    const result = cut(text, length).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    if (result.length <= max) return result
  }
}
