import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { problemLine } from '../../../slo/problem.ts'
import { sloSchema } from '../../../slo/slo-schema.ts'
import { parseSloText } from '../../../storage/slo-text.ts'
import { brief, FILE, planText, SLO_TEXT } from './text.ts'

const errorsOf = (text: string) =>
  planText(text)
    .problems.filter(({ severity }) => severity === 'error')
    .map(brief)
const edit = (from: string | RegExp, to: string) => {
  const edited = SLO_TEXT.replace(from, to)
  expect(edited).not.toBe(SLO_TEXT)
  return edited
}
/** Adds a line to the `spec` of good; those after it move down by one. */
const onGood = (line: string) => edit('outcome: ok', `outcome: ok\n              ${line}`)
const annotated = (line: string) => edit('  name: pay\n', `  name: pay\n  annotations:\n    ${line}\n`)
const objective = (text: string) => edit('target: 0.999', text)
/** The SLO on slices. */
const sliced = (method: string, rest: string, target = '0.9') =>
  edit('Occurrences', method).replace('target: 0.999', `target: ${target}\n      ${rest}`)
const GOOD = 'spec.indicator.spec.ratioMetric.good'

describe('a document that is wrong is refused with line, path and code', () => {
  const rows: { name: string; text: string; errors: string[] }[] = [
    // What the parser cannot read at all.
    { name: 'broken YAML', text: 'a: [1, 2\nb: 3', errors: ['2  yaml_syntax'] },
    { name: 'a key twice', text: edit('kind: SLO\n', 'kind: SLO\nkind: SLI\n'), errors: ['3  yaml_syntax'] },
    { name: 'a tab as indentation', text: 'metadata:\n\tname: x', errors: ['2  yaml_syntax'] },
    { name: 'an unknown tag', text: 'metadata: !secret x', errors: ['1  yaml_syntax'] },
    { name: 'an alias to nothing', text: 'a: 1\nb: *gone', errors: ['1  yaml_syntax'] },
    { name: 'a text', text: 'just words', errors: ['1  invalid_type'] },
    { name: 'a list of lists', text: '- - a', errors: ['1  invalid_type'] },
    // The envelope.
    { name: 'no version', text: edit('apiVersion: openslo/v1\n', ''), errors: ['1 apiVersion required'] },
    {
      name: 'an old version',
      text: edit('openslo/v1', 'openslo/v1alpha'),
      errors: ['1 apiVersion unsupported_version'],
    },
    { name: 'no kind', text: edit('kind: SLO\n', ''), errors: ['1 kind required'] },
    { name: 'an unknown kind', text: edit('kind: SLO\n', 'kind: Slo\n'), errors: ['2 kind unknown_kind'] },
    {
      name: 'an unknown field of spec',
      text: edit('budgetingMethod', 'budgetMethod'),
      errors: ['28 spec.budgetMethod unknown_field'],
    },
    { name: 'no name', text: edit('  name: pay\n', '  displayName: Pay\n'), errors: ['3 metadata.name required'] },
    {
      name: 'a name with dots',
      text: edit('name: pay\n', 'name: pay.eu\n'),
      errors: ['4 metadata.name string_dns_label'],
    },
    {
      name: 'a name of 64 letters',
      text: edit('name: pay\n', `name: ${'a'.repeat(64)}\n`),
      errors: ['4 metadata.name string_dns_label'],
    },
    {
      name: 'a long display name',
      text: edit('name: pay\n', `name: pay\n  displayName: ${'a'.repeat(64)}\n`),
      errors: ['5 metadata.displayName string_max_length'],
    },
    {
      name: 'a label key with a space',
      text: edit('name: pay\n', 'name: pay\n  labels: { "a b": c }\n'),
      errors: ['5 metadata.labels["a b"] string_match_regexp'],
    },
    {
      name: 'a number as label',
      text: edit('name: pay\n', 'name: pay\n  labels: { tier: 1 }\n'),
      errors: ['5 metadata.labels.tier invalid_type'],
    },
    {
      name: 'an annotation under a bad prefix',
      text: annotated('Plumbline.dev/owner: me'),
      errors: ['6 metadata.annotations["Plumbline.dev/owner"] string_match_regexp'],
    },
    {
      name: 'a number as annotation',
      text: annotated('plumbline.dev/min-events: 5'),
      errors: ['6 metadata.annotations["plumbline.dev/min-events"] invalid_type'],
    },
    {
      name: 'a long description',
      text: edit('service: checkout', `service: checkout\n  description: ${'a'.repeat(1051)}`),
      errors: ['7 spec.description string_max_length'],
    },
    // The rules of an SLO.
    { name: 'no service', text: edit('  service: checkout\n', ''), errors: ['5 spec.service required'] },
    { name: 'an empty service', text: edit('service: checkout', 'service: ""'), errors: ['6 spec.service required'] },
    {
      name: 'no indicator',
      text: edit(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  timeWindow'),
      errors: ['5 spec mutually_exclusive'],
    },
    {
      name: 'two indicators',
      text: edit('service: checkout', 'service: checkout\n  indicatorRef: other'),
      errors: ['5 spec mutually_exclusive'],
    },
    { name: 'no objectives', text: edit(/ {2}objectives:[\s\S]*/, ''), errors: ['5 spec.objectives slice_min_length'] },
    {
      name: 'an empty list of objectives',
      text: edit(/ {2}objectives:[\s\S]*/, '  objectives: []\n'),
      errors: ['29 spec.objectives slice_min_length'],
    },
    {
      name: 'an unknown budgeting method',
      text: edit('Occurrences', 'Occurences'),
      errors: ['28 spec.budgetingMethod one_of'],
    },
    {
      name: 'an empty list of windows',
      text: edit(/timeWindow:[\s\S]*true\n/, 'timeWindow: []\n'),
      errors: ['25 spec.timeWindow slice_length'],
    },
    {
      name: 'two windows',
      text: edit('isRolling: true', 'isRolling: true\n    - { duration: 7d, isRolling: true }'),
      errors: ['25 spec.timeWindow slice_length'],
    },
    {
      name: 'a window that is neither rolling nor calendar',
      text: edit('isRolling: true', 'isRolling: false'),
      errors: ['26 spec.timeWindow[0] rolling_or_calendar'],
    },
    {
      name: 'a window that is both',
      text: edit(
        'isRolling: true',
        'isRolling: true\n      calendar: { startTime: 2026-01-01 00:00:00, timeZone: UTC }',
      ),
      errors: ['26 spec.timeWindow[0] rolling_or_calendar'],
    },
    {
      name: 'a duration without unit',
      text: edit('30d', '30'),
      errors: ['26 spec.timeWindow[0].duration invalid_type'],
    },
    {
      name: 'a duration with a fraction',
      text: edit('30d', '1.5d'),
      errors: ['26 spec.timeWindow[0].duration invalid_duration'],
    },
    { name: 'an unknown unit', text: edit('30d', '30D'), errors: ['26 spec.timeWindow[0].duration.unit one_of'] },
    {
      name: 'a negative duration',
      text: edit('30d', '-30d'),
      errors: ['26 spec.timeWindow[0].duration.value greater_than_or_equal_to'],
    },
    { name: 'a duration of nothing', text: edit('30d', '0w'), errors: ['26 spec.timeWindow[0].duration greater_than'] },
    {
      name: 'a window of a century',
      text: edit('30d', '100Y'),
      errors: ['26 spec.timeWindow[0].duration less_than_or_equal_to'],
    },
    {
      name: 'a start with a zone',
      text: edit('isRolling: true', 'calendar: { startTime: "2026-01-01T00:00:00Z", timeZone: UTC }'),
      errors: ['27 spec.timeWindow[0].calendar.startTime string_date_time'],
    },
    {
      name: 'a day that does not exist',
      text: edit('isRolling: true', 'calendar: { startTime: 2026-02-30 00:00:00, timeZone: UTC }'),
      errors: ['27 spec.timeWindow[0].calendar.startTime string_date_time'],
    },
    {
      name: 'an unknown time zone',
      text: edit('isRolling: true', 'calendar: { startTime: 2026-01-01 00:00:00, timeZone: Mars/Olympus }'),
      errors: ['27 spec.timeWindow[0].calendar.timeZone string_time_zone'],
    },
    // Objectives.
    { name: 'no target', text: objective('value: 1'), errors: ['30 spec.objectives[0] mutually_exclusive'] },
    {
      name: 'two targets',
      text: objective('target: 0.9\n      targetPercent: 90'),
      errors: ['30 spec.objectives[0] mutually_exclusive'],
    },
    { name: 'a target of 100 %', text: objective('target: 1'), errors: ['31 spec.objectives[0].target less_than'] },
    {
      name: 'a percentage of 100',
      text: objective('targetPercent: 100'),
      errors: ['31 spec.objectives[0].targetPercent less_than'],
    },
    {
      name: 'a negative target',
      text: objective('target: -0.1'),
      errors: ['31 spec.objectives[0].target greater_than_or_equal_to'],
    },
    {
      name: 'a target in words',
      text: objective('target: high'),
      errors: ['31 spec.objectives[0].target invalid_type'],
    },
    {
      name: 'a target that is no number',
      text: objective('target: .nan'),
      errors: ['31 spec.objectives[0].target invalid_type'],
    },
    {
      name: 'a target finer than a millionth',
      text: objective('target: 0.9999995'),
      errors: ['31 spec.objectives[0].target target_too_fine'],
    },
    {
      name: 'a percentage finer than a millionth',
      text: objective('targetPercent: 99.99955'),
      errors: ['31 spec.objectives[0].targetPercent target_too_fine'],
    },
    {
      name: 'a target of almost nothing',
      text: objective('target: 1e-7'),
      errors: ['31 spec.objectives[0].target target_too_fine'],
    },
    {
      name: 'a target no alert can watch',
      text: objective('target: 0'),
      errors: ['30 spec.objectives[0] unreachable_threshold'],
    },
    {
      name: 'time slices without their target',
      text: edit('Occurrences', 'Timeslices'),
      errors: ['30 spec.objectives[0].timeSliceTarget required', '30 spec.objectives[0].timeSliceWindow required'],
    },
    {
      name: 'a slice target of nothing',
      text: sliced('Timeslices', 'timeSliceTarget: 0\n      timeSliceWindow: 5m'),
      errors: ['32 spec.objectives[0].timeSliceTarget greater_than'],
    },
    {
      name: 'a policy that is neither reference nor inline',
      text: `${SLO_TEXT}  alertPolicies: [{}]\n`,
      errors: ['32 spec.alertPolicies[0] mutually_exclusive'],
    },
    // The rules of an SLI.
    {
      name: 'neither ratio nor threshold',
      text: edit(/ratioMetric:[\s\S]*? {2}timeWindow/, 'description: none\n  timeWindow'),
      errors: ['10 spec.indicator.spec mutually_exclusive'],
    },
    {
      name: 'good and bad',
      text: edit(
        '        good:',
        '        bad: { metricSource: { type: plumbline, spec: { source: calls } } }\n        good:',
      ),
      errors: ['11 spec.indicator.spec.ratioMetric mutually_exclusive'],
    },
    {
      name: 'a total alone',
      text: edit(/ {8}good:[\s\S]*? {8}total/, '        total'),
      errors: ['11 spec.indicator.spec.ratioMetric one_of_properties'],
    },
    {
      name: 'a raw ratio without type',
      text: edit(/ {8}good:[\s\S]*? {8}total/, '        raw'),
      errors: ['11 spec.indicator.spec.ratioMetric.rawType required'],
    },
    {
      name: 'an empty metric',
      text: edit(/spec:\n {14}source: calls\n {14}dependency: stripe\n {2}time/, 'spec: {}\n  time'),
      errors: ['22 spec.indicator.spec.ratioMetric.total.metricSource.spec map_min_length'],
    },
    {
      name: 'a threshold without operator',
      text: edit(
        /ratioMetric:[\s\S]*? {2}timeWindow/,
        'thresholdMetric: { metricSource: { type: plumbline, spec: { source: metric } } }\n  timeWindow',
      ),
      errors: ['17 spec.objectives[0].op required', '17 spec.objectives[0].value required'],
    },
    // What Plumbline cannot measure.
    {
      name: 'a foreign source',
      text: edit('type: plumbline', 'type: Prometheus'),
      errors: [`14 ${GOOD}.metricSource.type unsupported_source`],
    },
    {
      name: 'a source without type',
      text: edit('            type: plumbline\n', ''),
      errors: [`13 ${GOOD}.metricSource.type required`],
    },
    {
      name: 'a DataSource that is not there',
      text: edit('type: plumbline', 'metricSourceRef: gone'),
      errors: [`14 ${GOOD}.metricSource.metricSourceRef ref_not_found`],
    },
    {
      name: 'no source',
      text: edit('              source: calls\n', ''),
      errors: [`15 ${GOOD}.metricSource.spec required`],
    },
    {
      name: 'an unknown source',
      text: edit('source: calls', 'source: call'),
      errors: [`16 ${GOOD}.metricSource.spec.source one_of`],
    },
    {
      name: 'an unknown selector',
      text: onGood('depndency: stripe'),
      errors: [`19 ${GOOD}.metricSource.spec.depndency unknown_field`],
    },
    {
      name: 'an unknown outcome',
      text: edit('outcome: ok', 'outcome: [ok, fine]'),
      errors: [`18 ${GOOD}.metricSource.spec.outcome[1] one_of`],
    },
    {
      name: 'an unknown protocol',
      text: onGood('protocol: htpp'),
      errors: [`19 ${GOOD}.metricSource.spec.protocol one_of`],
    },
    {
      name: 'a selector of nothing',
      text: onGood('env: []'),
      errors: [`19 ${GOOD}.metricSource.spec.env empty_selector`],
    },
    { name: 'an empty selector', text: onGood('env:'), errors: [`19 ${GOOD}.metricSource.spec.env invalid_selector`] },
    {
      name: 'a number as version',
      text: onGood('version: 1.10'),
      errors: [`19 ${GOOD}.metricSource.spec.version invalid_selector`],
    },
    {
      name: 'a selector with an unknown operation',
      text: onGood('env: { matches: prod }'),
      errors: [`19 ${GOOD}.metricSource.spec.env invalid_selector`],
    },
    {
      name: 'both directions',
      text: onGood('direction: [inbound, outbound]'),
      errors: [`19 ${GOOD}.metricSource.spec.direction invalid_selector`],
    },
    {
      name: 'probes in words',
      text: onGood('synthetic: some'),
      errors: [`19 ${GOOD}.metricSource.spec.synthetic invalid_selector`],
    },
    {
      name: 'a latency without unit',
      text: onGood('latency: { lte: 300 }'),
      errors: [`19 ${GOOD}.metricSource.spec.latency.lte invalid_latency`],
    },
    {
      name: 'a latency of nothing',
      text: onGood('latency: { lte: 0ms }'),
      errors: [`19 ${GOOD}.metricSource.spec.latency.lte invalid_latency`],
    },
    {
      name: 'two latencies',
      text: onGood('latency: { lte: 1s, gt: 1ms }'),
      errors: [`19 ${GOOD}.metricSource.spec.latency invalid_latency`],
    },
    {
      name: 'a latency on the total',
      text: edit(/stripe\n {2}time/, 'stripe\n              latency: { lte: 1s }\n  time'),
      errors: ['25 spec.indicator.spec.ratioMetric.total.metricSource.spec.latency forbidden'],
    },
    { name: 'good and total alike', text: edit('              outcome: ok\n', ''), errors: [`12 ${GOOD} same_query`] },
    // References and names.
    {
      name: 'an SLI that is not there',
      text: edit(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  indicatorRef: gone\n  timeWindow'),
      errors: ['7 spec.indicatorRef ref_not_found'],
    },
    { name: 'two SLOs of one name', text: `${SLO_TEXT}---\n${SLO_TEXT}`, errors: ['36 metadata.name duplicate_name'] },
    // Annotations.
    {
      name: 'an unknown annotation of ours',
      text: annotated('plumbline.dev/runbok: https://a.example'),
      errors: ['6 metadata.annotations["plumbline.dev/runbok"] unknown_annotation'],
    },
    {
      name: 'an annotation of another kind',
      text: annotated('plumbline.dev/short-window: 5m'),
      errors: ['6 metadata.annotations["plumbline.dev/short-window"] misplaced_annotation'],
    },
    {
      name: 'an unknown alert mode',
      text: annotated('plumbline.dev/alert-mode: loud'),
      errors: ['6 metadata.annotations["plumbline.dev/alert-mode"] invalid_annotation'],
    },
    {
      name: 'a negative number of events',
      text: annotated('plumbline.dev/min-events: "-1"'),
      errors: ['6 metadata.annotations["plumbline.dev/min-events"] invalid_annotation'],
    },
    {
      name: 'a runbook that is no address',
      text: annotated('plumbline.dev/runbook: javascript:alert(1)'),
      errors: ['6 metadata.annotations["plumbline.dev/runbook"] invalid_annotation'],
    },
    {
      name: 'labels without values',
      text: annotated('plumbline.dev/labels: "a,b"'),
      errors: ['6 metadata.annotations["plumbline.dev/labels"] invalid_annotation'],
    },
    {
      name: 'a label twice',
      text: annotated('plumbline.dev/labels: "a=1,a=2"'),
      errors: ['6 metadata.annotations["plumbline.dev/labels"] invalid_annotation'],
    },
  ]
  it.each(rows)('$name', ({ text, errors }) => {
    const { slos } = planText(text)
    expect(errorsOf(text)).toEqual(errors)
    expect(slos.every(({ slo }) => slo === null)).toBe(true)
  })

  it('says what to do', () => {
    const lines = planText(edit('budgetingMethod', 'budgetMethod')).problems.map(problemLine)
    expect(lines).toEqual([
      `${FILE}:5: warning: spec.budgetingMethod: is missing: Occurrences is assumed (required)`,
      `${FILE}:28: error: spec.budgetMethod: OpenSLO has no field 'budgetMethod' here (unknown_field). Did you mean 'budgetingMethod'?`,
    ])
    const hint = (text: string) => planText(text).problems.find(({ severity }) => severity === 'error')?.hint
    expect(hint(edit('    - displayName', '  calendar: {}\n    - displayName'))).toBeUndefined()
    expect(hint(edit('  service: checkout', '  service: checkout\n  op: gt'))).toBe(
      'The field belongs elsewhere: check the indentation',
    )
    expect(hint(edit('kind: SLO', 'kind: Slo'))).toBe("Did you mean 'SLO'?")
    expect(hint(annotated('plumbline.dev/min-events: 5'))).toBe('Quote it: "5"')
    expect(hint(annotated('plumbline.dev/ownr: me'))).toBe("Did you mean 'plumbline.dev/owner'?")
    expect(hint(edit('outcome: ok', 'outcome: server-error'))).toBe("Did you mean 'server_error'?")
  })
})

describe('one wrong object', () => {
  const other = SLO_TEXT.replace('name: pay\n', 'name: search\n')
  it('does not keep the others of its file from working', () => {
    const { slos } = planText(`${SLO_TEXT.replace('target: 0.999', 'target: 2')}---\n${other}`)
    expect(slos.map(({ name, slo }) => [name, slo !== null])).toEqual([
      ['pay', false],
      ['search', true],
    ])
  })
  it('an SLI that is refused takes down those that need it, and says so at both places', () => {
    const sli = 'apiVersion: openslo/v1\nkind: SLI\nmetadata: { name: bad }\nspec: { ratioMetric: {} }\n'
    const user = SLO_TEXT.replace(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  indicatorRef: bad\n  timeWindow')
    const { slos, problems } = planText(`${sli}---\n${user}---\n${other}`)
    expect(problems.filter(({ severity }) => severity === 'error').map(brief)).toEqual([
      '4 spec.ratioMetric mutually_exclusive',
      '12 spec.indicatorRef ref_invalid',
    ])
    expect(slos.map(({ name, slo }) => [name, slo !== null])).toEqual([
      ['pay', false],
      ['search', true],
    ])
  })
})

const many = (count: number, line: (index: number) => string): string =>
  `${Array.from({ length: count }, (_, index) => line(index)).join('\n')}\n`

describe('texts nobody would write', () => {
  it.each([
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((k, n) => `${k}: &${k} [${`*${'abcdefgh'[n]},`.repeat(9)}]`)
        .join('\n')}`,
    ],
    ['aliases without number', many(20_000, (k) => `- &a${k} x\n- *a${k}`)],
    ['merges that multiply', many(60, (k) => `k${k}: &k${k} { <<: [${many(k, (j) => `*k${j},`)}] }`)],
    ['nesting without end', '['.repeat(50_000)],
    ['nesting with an end', `${'{a: '.repeat(1_000)}1${'}'.repeat(1_000)}`],
    ['nesting by indents', many(1_000, (k) => `${' '.repeat(k)}a:`)],
    ['keys without number', many(30_000, (k) => `k${k}: 1`)],
    ['documents without number', '---\n~\n'.repeat(10_000)],
    ['tags that run code', 'a: !!js/function "function () {}"'],
    ['another version of YAML', '%YAML 9.9\n---\na: 1'],
    ['nothing', ''],
    ['only comments', '# nothing\n---\n# here\n'],
    ['bytes', '\u0000\u0001\ufffe'],
    ['a prototype', '__proto__: { apiVersion: openslo/v1, kind: SLO }'],
  ])('%s', (_, text) => {
    expect(planText(text).slos).toEqual([])
  })

  it.each([
    ['unknown fields', `${SLO_TEXT}${many(20_000, (k) => `  field${k}: 1`)}`, 'unknown_field'],
    ['objectives', `${SLO_TEXT}${many(3_000, (k) => `    - { displayName: a${k}, target: 0.9 }`)}`, 'slice_max_length'],
    [
      'policies',
      `${SLO_TEXT}  alertPolicies:\n${many(2_000, (k) => `    - { alertPolicyRef: a${k} }`)}`,
      'slice_max_length',
    ],
  ])('thousands of %s are refused, with a hundred reasons at most', (_, text, code) => {
    const { slos, problems } = planText(text)
    expect(slos).toMatchObject([{ name: 'pay', slo: null }])
    expect(problems.length).toBeLessThanOrEqual(200)
    expect(problems.map((problem) => problem.code)).toContain(code)
  })
  it('a text of any length is told short', () => {
    const { problems } = planText(edit('outcome: ok', `outcome: ${'k'.repeat(100_000)}`))
    expect(problems.map(({ code, message }) => [code, message.length < 1_000])).toEqual([['one_of', true]])
  })
  it.each([
    ['of a map', 'a: 1\nb: 2\na: 3', '3  yaml_syntax'],
    ['in quotes', 'a: 1\n"a": 2', '2  yaml_syntax'],
    ['of a number and a text', '1: a\n"1": b', '2  yaml_syntax'],
    ['of a flow map', 'x: { a: 1, a: 2 }', '1  yaml_syntax'],
    ['deep inside', 'x:\n  - y:\n      z: 1\n      z: 2', '4  yaml_syntax'],
  ])('a key %s that stands twice is no YAML', (_, text, error) => {
    expect(errorsOf(text)).toEqual([error])
  })
  it.each([
    ['a list', '- &a\n  - *a', '2  yaml_syntax'],
    ['details of a data source', 'spec:\n  connectionDetails: &a { b: *a }', '2  yaml_syntax'],
    [
      'a selector',
      edit('source: calls', 'source: calls\n              attributes: &a { tenant: { not: *a } }'),
      '17  yaml_syntax',
    ],
    ['labels', edit('name: pay', 'name: pay\n  labels: &a { x: [*a] }'), '5  yaml_syntax'],
    ['a merge', 'x: &a\n  <<: *a', '2  yaml_syntax'],
  ])('%s that contains itself is refused where it does', (_, text, error) => {
    expect(errorsOf(text)).toEqual([error])
  })
  it('nesting is refused with the depth that is read', () => {
    const nested = (levels: number) =>
      planText(edit('- displayName: answers', `- displayName: ${'['.repeat(levels)}1${']'.repeat(levels)}`))
    // The document, its spec, the list of objectives and the objective stand around.
    expect(nested(96).problems[0]?.code).toBe('invalid_type')
    for (const levels of [97, 200, 20_000]) {
      expect(nested(levels).problems).toMatchObject([
        { code: 'yaml_syntax', message: 'is nested more than 100 levels deep' },
      ])
    }
  })
  it('two maps may have the same key, and << may stand twice', () => {
    const text = edit('- displayName: answers', '- <<: { displayName: a }\n      <<: { displayName: b }')
    expect(errorsOf(text)).toEqual([])
  })

  /** Words that turn up in documents, so that most of what is generated gets past the first check. */
  const words = [
    'apiVersion',
    'kind',
    'SLO',
    'openslo/v1',
    'spec',
    'target',
    '0.999',
    'null',
    '~',
    '[]',
    '{}',
    ':',
    '-',
    '\n',
    '  ',
    '"',
    "'",
    '&a',
    '*a',
    '<<',
    '!!',
    '1d',
  ]
  it('never crash and never half-apply: any text', () => {
    const soup = fc
      .array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 40 })
      .map((parts) => parts.join(' '))
    fc.assert(
      fc.property(soup, (text) => {
        expect(planText(text).slos.filter(({ slo }) => slo)).toEqual([])
      }),
    )
  })

  const LINES = SLO_TEXT.split('\n').slice(0, -1)
  const mutation = fc.record({
    at: fc.nat(LINES.length - 1),
    how: fc.constantFrom('drop', 'repeat', 'indent', 'value', 'key'),
    word: fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 })),
  })
  const mutate = (lines: string[], { at, how, word }: { at: number; how: string; word: string }): string[] => {
    const line = lines[at] ?? ''
    const edited = {
      drop: [],
      repeat: [line, line],
      indent: [`  ${line}`],
      value: [line.replace(/:.*/, `: ${word}`)],
      key: [line.replace(/\w+:/, `${word}:`)],
    }[how]
    return [...lines.slice(0, at), ...(edited ?? []), ...lines.slice(at + 1)]
  }
  it('never crash and never half-apply: a good document with a few lines changed', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const text = `${mutations.reduce(mutate, LINES).join('\n')}\n`
        const { slos, problems } = planText(text)
        for (const { slo, problems } of slos) {
          const refused = problems.some(({ severity }) => severity === 'error')
          expect(slo === null).toBe(refused)
          if (slo) expect(sloSchema.parse(JSON.parse(JSON.stringify(slo)))).toEqual(slo)
        }
        const lineCount = text.split('\n').length
        for (const { line, code, message } of problems) {
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(lineCount)
          expect(code).not.toBe('')
          expect(message).not.toBe('')
        }
      }),
      { numRuns: 500 },
    )
  })
  it('never crash: any value in the place of any property', () => {
    const [object] = parseSloText(SLO_TEXT, FILE).objects
    const paths = pathsOf(object?.value)
    expect(paths.length).toBeGreaterThan(30)
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const copy = structuredClone(object?.value)
        replaceAt(copy, path, value)
        const { slos } = planText(JSON.stringify(copy))
        for (const { slo, problems } of slos)
          expect(slo === null).toBe(problems.some(({ severity }) => severity === 'error'))
      }),
      { numRuns: 500 },
    )
  })
})

type Path = (string | number)[]

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return []
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return entries.flatMap(([key, inner]) => [[...at, key], ...pathsOf(inner, [...at, key])])
}

function replaceAt(value: unknown, path: Path, replacement: unknown): void {
  const [key, ...rest] = path
  const holder = value as Record<string | number, unknown>
  if (key === undefined) return
  if (rest.length === 0) holder[key] = replacement
  else replaceAt(holder[key], rest, replacement)
}
