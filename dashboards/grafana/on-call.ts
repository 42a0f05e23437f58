import * as common from '@grafana/grafana-foundation-sdk/common'
import { BigValueTextMode, GraphDrawStyle, StackingMode } from '@grafana/grafana-foundation-sdk/common'
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as Timeseries } from '@grafana/grafana-foundation-sdk/timeseries'
import { annotation, DATASOURCE, datasourceVariable, listVariable, target } from './datasource.ts'
import * as sql from './sql.ts'

/** Loads in every Grafana since 9; newer ones migrate it. */
const SCHEMA_VERSION = 39

/** Shape and word first, colour last; the colours keep 4.5:1 on white and on dark. */
const STATE_WORDS = {
  ok: { text: '● OK', color: '#006B4F' },
  warning: { text: '▲ ticket', color: '#8A5A00' },
  critical: { text: '■ PAGE', color: '#B3261E' },
  exhausted: { text: '■ budget gone', color: '#B3261E' },
  no_data: { text: '◇ no data', color: '#5B6470' },
  measuring: { text: '◇ measuring', color: '#5B6470' },
  frozen: { text: '◇ blind', color: '#5B6470' },
  invalid: { text: '◇ invalid', color: '#5B6470' },
}

/** One of Grafana's own placeholders. */
const placeholder = (name: string) => `\${${name}}`
const VALUE = placeholder('__value.raw')
const page = (path: string) => `${placeholder('plumbline')}${path}`
const timeRange = `from=${placeholder('__from:date:iso')}&to=${placeholder('__to:date:iso')}`
const link = (title: string, url: string) => ({
  id: 'links',
  value: [{ title, url, targetBlank: true }],
})
const unit = (name: string) => ({ id: 'unit', value: name })
const decimals = (digits: number) => ({ id: 'decimals', value: digits })
const width = (pixels: number) => ({ id: 'custom.width', value: pixels })

const steps = (...values: [value: number | null, color: string][]) =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(values.map(([value, color]) => ({ value, color })))

const stat = (title: string, question: string, query: string) =>
  new Stat()
    .title(title)
    .description(question)
    .datasource(DATASOURCE)
    .withTarget(target(query, 'table'))
    .textMode(BigValueTextMode.ValueAndName)
    .graphMode(common.BigValueGraphMode.None)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .height(4)
    .span(6)

const table = (title: string, question: string, query: string) =>
  new Table().title(title).description(question).datasource(DATASOURCE).withTarget(target(query, 'table')).unit('short')

const timeseries = (title: string, question: string, query: string) =>
  new Timeseries()
    .title(title)
    .description(question)
    .datasource(DATASOURCE)
    .withTarget(target(query, 'timeseries'))
    .interval('1m')
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi))
    .height(9)
    .span(12)

const incidentCount = (title: string, question: string, query: string, color: string) =>
  stat(title, question, query)
    .unit('short')
    .colorMode(common.BigValueColorMode.Background)
    .thresholds(steps([null, STATE_WORDS.ok.color], [1, color]))

const panels = () => [
  stat('Data', 'Can I trust this screen? Age of the newest moment up to which everything is stored.', sql.DATA_AGE)
    .unit('s')
    .noValue('BLIND: no collector has reported')
    .thresholds(
      steps([null, STATE_WORDS.ok.color], [60, STATE_WORDS.warning.color], [180, STATE_WORDS.critical.color]),
    ),
  incidentCount('Pages', 'How many incidents page somebody now?', sql.OPEN_PAGES, STATE_WORDS.critical.color),
  incidentCount('Tickets', 'How many incidents wait as tickets?', sql.OPEN_TICKETS, STATE_WORDS.warning.color),
  stat('Worst budget', 'Which promise is closest to breaking, or broken? Negative is overspent.', sql.WORST_BUDGET)
    .unit('percentunit')
    .decimals(1)
    .noValue('no events')
    .thresholds(
      steps([null, STATE_WORDS.critical.color], [0, STATE_WORDS.warning.color], [0.25, STATE_WORDS.ok.color]),
    ),

  table('Open incidents', 'What is one problem, what is its cause, and since when?', sql.INCIDENTS)
    .noValue('No open incident.')
    .height(7)
    .span(24)
    .overrideByName('Severity', [width(90)])
    .overrideByName('Share', [unit('percentunit'), decimals(0), width(80)])
    .overrideByName('Burn', [decimals(1), width(80)])
    .overrideByName('Budget left', [unit('percentunit'), decimals(1), width(110)])
    .overrideByName('Since', [unit('dateTimeFromNow'), width(140)])
    .overrideByName('SLO', [link('SLO', page(`/slos/${VALUE}?${timeRange}`))])
    .overrideByName('Runbook', [link('Runbook', VALUE)])
    .overrideByName('Incident', [link('Incident', page(`/incidents/${VALUE}`))]),

  table(
    'SLOs by urgency',
    'Which SLO next? Urgency is the burn of the governing window over its alert factor: above 1 the condition of a page or ticket holds.',
    sql.SLOS,
  )
    .noValue('No SLO is defined.')
    .height(10)
    .span(24)
    .overrideByName('State', [
      {
        id: 'mappings',
        value: [
          {
            type: 'value',
            options: Object.fromEntries(
              Object.entries(STATE_WORDS).map(([word, shown], index) => [word, { ...shown, index }]),
            ),
          },
        ],
      },
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
      width(130),
    ])
    .overrideByRegexp('Target|SLI', [unit('percentunit'), decimals(4), width(110)])
    .overrideByName('Budget left', [unit('percentunit'), decimals(1), width(120)])
    .overrideByRegexp('Burn .*|Urgency', [decimals(2), width(90)])
    .overrideByName('SLO', [link('SLO', page(`/slos/${VALUE}?${timeRange}`))]),

  timeseries(
    'Burn by window',
    'Is it getting worse or better? Times the sustainable rate, of the five most urgent SLOs; 14.4 in 1h and 5m pages at 30 days.',
    sql.BURN,
  )
    .unit('none')
    .decimals(2)
    .scaleDistribution(new common.ScaleDistributionConfigBuilder().type(common.ScaleDistribution.Log).log(10))
    .thresholds(steps([null, 'transparent'], [1, STATE_WORDS.warning.color], [14.4, STATE_WORDS.critical.color]))
    .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Line)),
  timeseries('Calls and outcomes', 'What is the traffic doing, and how does it end?', sql.OUTCOMES)
    .unit('cps')
    .min(0)
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(30)
    .stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal).group('A')),

  timeseries(
    'Latency',
    'Slow or failing? From log buckets that are 2.2 % wide, all chosen calls together.',
    sql.LATENCY,
  )
    .unit('s')
    .min(0),
  table('Dependencies that fail most', 'Which dependency hurts whom, how, and who can fix it?', sql.DEPENDENCIES)
    .noValue('No calls in this time range.')
    .height(9)
    .span(12)
    .overrideByRegexp('Failed|Retried', [unit('percentunit'), decimals(2), width(90)])
    .overrideByName('Dependency', [link('Dependency', page(`/dependencies/${VALUE}?${timeRange}`))]),

  table('Failing traces', 'Can I see one? The newest calls that failed, each with its trace.', sql.FAILING_TRACES)
    .noValue('No call failed in this time range.')
    .height(9)
    .span(24)
    .overrideByName('Took', [unit('s'), decimals(3), width(90)])
    .overrideByName('Trace', [link('Trace', page(`/traces/${VALUE}`))]),

  table('Told to whom', 'Was anyone woken, and did it arrive?', sql.NOTIFICATIONS)
    .noValue('Nobody was told anything in this time range.')
    .height(8)
    .span(24)
    .overrideByName('Incident', [link('Incident', page(`/incidents/${VALUE}`))]),
]

/** The board for whoever is on call: what is broken, for whom, since when, what to look at first. */
export function onCallBoard(): Dashboard {
  const builder = new dashboard.DashboardBuilder('Plumbline: on call')
    .uid('plumbline-oncall')
    .description('What is broken, for whom, since when, what do I do?')
    .tags(['plumbline', 'slo'])
    .readonly()
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .withVariable(datasourceVariable())
    .withVariable(listVariable('env', 'Environment', sql.VARIABLES.env))
    .withVariable(listVariable('service', 'Service', sql.VARIABLES.service))
    .withVariable(listVariable('slo', 'SLO', sql.VARIABLES.slo))
    .withVariable(listVariable('dependency', 'Dependency', sql.VARIABLES.dependency))
    .withVariable(
      new dashboard.TextBoxVariableBuilder('plumbline')
        .label('Plumbline')
        .description('Where links into Plumbline lead')
        .defaultValue('http://localhost:8080')
        .current({ text: 'http://localhost:8080', value: 'http://localhost:8080' }),
    )
    .annotation(annotation('Incidents', STATE_WORDS.critical.color, sql.INCIDENT_MARKS))
    .link(
      new dashboard.DashboardLinkBuilder('Plumbline boards')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags(['plumbline'])
        .asDropdown(true)
        .keepTime(true)
        .includeVars(true),
    )
  for (const [index, panel] of panels().entries()) builder.withPanel(panel.id(index + 1))
  return { ...builder.build(), schemaVersion: SCHEMA_VERSION }
}
