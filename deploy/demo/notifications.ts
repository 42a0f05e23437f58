import { required } from './environment.ts'
import { PROVIDERS } from './providers.ts'
import { serve } from './serve.ts'
import { startTelemetry } from './telemetry.ts'

// notifications: sends mail through the email provider with global fetch; exports OTLP/protobuf.
const emailUrl = required('EMAIL_URL')
const stopTelemetry = startTelemetry({
  service: 'notifications',
  version: '1.9.0',
  otlpHttp: required('OTLP_HTTP'),
  encoding: 'proto',
  peers: new Map([[emailUrl, PROVIDERS.email.name]]),
})

async function send(message: string): Promise<boolean> {
  try {
    const response = await fetch(`${emailUrl}/v3/mail/send`, {
      method: 'POST',
      body: message,
      signal: AbortSignal.timeout(2_000),
    })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

serve(
  {
    // What cannot be sent now stays queued: the caller is not made to wait for the mail.
    'POST /notifications': async (body) => ({ status: 202, body: { sent: await send(body) } }),
  },
  stopTelemetry,
)
