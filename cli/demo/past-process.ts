import { sendPast } from './past-export.ts'

// A process of its own: making and packing half a million spans must not hold up the roles beside it.
const [otlpHttp = '', minutes = '', requestsPerSecond = ''] = process.argv.slice(2)
const report = (message: unknown) => process.send?.(message)
process.once('SIGTERM', () => process.exit(0)).once('disconnect', () => process.exit(0))
process.on('SIGINT', () => {})
report({ ready: true })
try {
  const spans = await sendPast({
    otlpHttp,
    minutes: Number(minutes),
    requestsPerSecond: Number(requestsPerSecond),
    to: new Date(),
    seed: Date.now(),
    onProgress: (minutesSent, spansSent) => report({ minutesSent, spansSent }),
  })
  report({ done: spans })
} catch (error) {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
  report({ failed: `${error instanceof Error ? error.message : error}${cause}` })
}
process.disconnect?.()
