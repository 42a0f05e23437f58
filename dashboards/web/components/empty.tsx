import { SLO_EXAMPLE } from '../slo-example.ts'
import { CopyText } from './copy-text.tsx'

const OTLP_PORT = 4318

/** What to do next while no SLO has data: send, promise, or watch the demo. */
export function FirstSteps({ dependencies }: { dependencies: boolean }) {
  return (
    <section class="first-steps" aria-label="First steps">
      <div class="first-steps-side">
        <article>
          <h2>1. Send telemetry {dependencies && <span class="tone-ok">· arrives</span>}</h2>
          <p>Point any OpenTelemetry SDK or Collector here, over OTLP/HTTP:</p>
          <CopyText text={`OTEL_EXPORTER_OTLP_ENDPOINT=http://${location.hostname}:${OTLP_PORT}`} />
          <p class="muted">
            {OTLP_PORT} unless <code>ports.otlpHttp</code> says otherwise. Every client span becomes a call to a
            dependency, without further set-up.
          </p>
        </article>
        <article>
          <h2>Or watch it work</h2>
          <p>Demo services with failing third parties fill every page within two minutes:</p>
          <CopyText text="npm run demo" />
        </article>
      </div>
      <article>
        <h2>2. Make a promise</h2>
        <p>
          Save this as <code>slos/mine.yaml</code> with your own names; it is read within seconds. (Plumbline comes with
          the promises of its demo shop in <code>slos/</code>; delete them when you no longer need them.)
        </p>
        <pre>
          <code>{SLO_EXAMPLE}</code>
        </pre>
        <CopyText text={SLO_EXAMPLE} label="The whole file" />
      </article>
    </section>
  )
}
