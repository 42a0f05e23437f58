/** The collector in a process of its own that also tells how much it holds, asked by any message. Needs --expose-gc. */
import '../bench/collector-process.ts'

process.on('message', async () => {
  // Twice: what the first round finalizes, the second collects.
  globalThis.gc?.()
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  process.send?.({ heldBytes: heapUsed + external })
})
