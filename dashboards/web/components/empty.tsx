import { CopyText } from './copy-text.tsx'

const OTLP_PORT = 4318

const SLO_EXAMPLE = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout-payments
spec:
  service: checkout
  indicatorRef: checkout-payments
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]`

/** Nothing has arrived yet: the three ways on. */
export function FirstSteps({ dependencies }: { dependencies: boolean }) {
  const otlp = `http://${location.hostname}:${OTLP_PORT}`
  return (
    <section class="first-steps" aria-label="First steps">
      <article>
        <h2>{dependencies ? 'Telemetry arrives' : '1. Send telemetry'}</h2>
        <p>Point any OpenTelemetry SDK or Collector here, over OTLP/HTTP:</p>
        <CopyText text={`OTEL_EXPORTER_OTLP_ENDPOINT=${otlp}`} />
        <p class="muted">Every client span becomes a call to a dependency, without further set-up.</p>
      </article>
      <article>
        <h2>2. Make a promise</h2>
        <p>
          Put an OpenSLO file into <code>slos/</code>; it is read within seconds:
        </p>
        <pre>
          <code>{SLO_EXAMPLE}</code>
        </pre>
      </article>
      <article>
        <h2>Or watch it work</h2>
        <p>Demo services with failing third parties fill every page within two minutes:</p>
        <CopyText text="npm run demo" />
      </article>
    </section>
  )
}
