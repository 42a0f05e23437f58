import type { Trace as TraceShape } from '../api-shapes.ts'
import { CopyButton } from '../components/copy-text.tsx'
import { Failure, Loading, NotFound } from '../components/states.tsx'
import { Shape } from '../components/status-mark.tsx'
import { right, Table } from '../components/table.tsx'
import { Time } from '../components/time.tsx'
import { listWords, milliseconds, plural } from '../format.ts'
import { useLive } from '../live.ts'
import { Link } from '../navigation.tsx'
import { dependencyPath } from '../route.ts'
import { type TraceRow, traceTree } from '../trace-tree.ts'
import { verbOf } from '../words.ts'

/** A finished trace does not change; a late span may still arrive. */
const RENEW_MS = 30_000

export function Trace({ id }: { id: string }) {
  const { value, problem, retry } = useLive<TraceShape>(`/api/v1/traces/${encodeURIComponent(id)}`, RENEW_MS)
  if (problem?.status === 404 || problem?.status === 400)
    return (
      <NotFound what={`No trace ${id}`}>
        <p>{problem.detail}</p>
      </NotFound>
    )
  if (value === null)
    return problem && problem.status !== 401 ? <Failure problem={problem} retry={retry} /> : <Loading />
  return <Story trace={value} />
}

function Story({ trace }: { trace: TraceShape }) {
  const { rows, durationMs } = traceTree(trace)
  const failed = trace.calls.filter((call) => call.outcome !== 'ok')
  const first = trace.spans[0]?.at ?? trace.calls[0]?.at
  return (
    <>
      <div class="headline">
        <h1>{sentence(failed)}</h1>
        <p class="freshness">
          <span>
            <code>{trace.id}</code>
            <CopyButton text={trace.id} />
          </span>
          {first && <Time at={first} precision="second" />}
          <span class="number">
            {plural(trace.spans.length, 'span')} in {milliseconds(durationMs)}
          </span>
        </p>
      </div>
      {trace.truncated && <p class="muted">Only the first part of this trace is shown: it has too many spans.</p>}
      {rows.length > 0 ? <Waterfall rows={rows} /> : <Calls trace={trace} />}
    </>
  )
}

function sentence(failed: TraceShape['calls']): string {
  const outbound = failed.filter((call) => call.dependency !== '')
  if (failed.length === 0) return 'Every call in this trace ended well'
  const words = [...new Set(outbound.map((call) => `${call.dependency} ${verbOf(call.outcome)}`))]
  return words.length > 0 ? listWords(words) : `${plural(failed.length, 'call')} failed`
}

function Waterfall({ rows }: { rows: readonly TraceRow[] }) {
  return (
    <section aria-label="Spans">
      <Table look="waterfall" columns={['Span', 'Service', 'Outcome', right('Took'), 'When']}>
        {rows.map((row) => (
          <Row key={row.span.spanId} row={row} />
        ))}
      </Table>
    </section>
  )
}

const DEEPEST_INDENT = 12

function Row({ row: { span, call, depth, start, length } }: { row: TraceRow }) {
  const failed = (call !== null && call.outcome !== 'ok') || /error/i.test(span.statusCode)
  return (
    <tr id={span.spanId} title={span.statusMessage}>
      <th scope="row" class={`indent-${Math.min(DEEPEST_INDENT, depth)}`}>
        {span.name}
        {call?.dependency && (
          <>
            {' '}
            <span class="muted">to</span> <Link href={dependencyPath(call.dependency)}>{call.dependency}</Link>
          </>
        )}
      </th>
      <td>{span.service}</td>
      <td>
        {failed && (
          <span class="mark tone-failing">
            <Shape tone="failing" />
            {call?.outcome ?? 'error'} {call?.status}
          </span>
        )}
      </td>
      <td class="right number">{milliseconds(span.durationMs)}</td>
      <td class="waterfall-when">
        <svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
          <rect
            class={failed ? 'waterfall-bar is-failed' : 'waterfall-bar'}
            x={start * 1000}
            width={Math.max(2, length * 1000)}
            y="1"
            height="8"
          />
        </svg>
      </td>
    </tr>
  )
}

/** Spans are kept for days, calls for a month: an older trace still shows whom it called. */
function Calls({ trace }: { trace: TraceShape }) {
  return (
    <section aria-labelledby="calls-title">
      <h2 id="calls-title">Its spans are past their retention; its calls are still here</h2>
      <table class="table">
        <tbody>
          {trace.calls.map((call) => (
            <tr key={call.spanId}>
              <th scope="row">
                {call.service} {call.dependency !== '' && `to ${call.dependency}`}
              </th>
              <td>{call.operation}</td>
              <td>
                {call.outcome} {call.status}
              </td>
              <td class="right number">{milliseconds(call.durationMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
