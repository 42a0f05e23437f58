import { sinceText } from '../deliver/incident-text.ts'
import { type Brief, headline, type Message, wordOf } from '../deliver/message.ts'
import { cut, minuteText, percent } from '../deliver/number-text.ts'

const MAX_SUBJECT = 200

/** Subject and text of a mail, as JSON: the rest of it is written when it is sent. */
export interface Mail {
  subject: string
  text: string
}

export function emailBody(message: Message): string {
  const { brief, incident, sequence, reason } = message
  const mail: Mail = {
    subject: cut(`[${wordOf(message)}] ${headline(brief)}`.replace(/\s+/g, ' '), MAX_SUBJECT),
    text: `${[headline(brief), linesOf(brief), linksOf(brief), `${incident}, ${sequence}, ${reason}`]
      .filter((part) => part !== '')
      .join('\n\n')}\n`,
  }
  return JSON.stringify(mail)
}

/** What is not known is left out. */
function linesOf(brief: Brief): string {
  const { startedAt, endedAt, budgetLeft, budgetSpent } = brief
  const lines: [name: string, value: string][] = [
    [
      'Since',
      endedAt
        ? `${minuteText(startedAt)}, ${brief.ending === '' ? sinceText(startedAt, endedAt) : `closed at ${minuteText(endedAt)}`}`
        : minuteText(startedAt),
    ],
    ['How bad', brief.howBad],
    ['Burn', brief.burn],
    endedAt && budgetSpent !== null ? ['Budget spent', percent(budgetSpent)] : ['Budget left', budgetLeft],
    ['For whom', brief.forWhom],
    ['Cause', [brief.why, brief.cause].filter((part) => part !== '').join('; ')],
    ['Who can fix it', brief.whoCanFix],
    ['Owner', brief.owner],
    ['First step', endedAt && brief.ending === '' ? '' : brief.firstStep],
    ['Acknowledged by', brief.acknowledgedBy],
    ['Data', brief.isFrozen ? 'missing: these are the last numbers known' : ''],
    ['Deployed before', brief.deployments.join('\n  ')],
  ]
  return lines
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
}

const linksOf = ({ links }: Brief) =>
  Object.entries({
    Incident: links.incident,
    About: links.subject,
    Runbook: links.runbook || 'none is named',
    Trace: links.trace,
  })
    .filter(([, url]) => url !== '')
    .map(([name, url]) => `${name}: ${url}`)
    .join('\n')
