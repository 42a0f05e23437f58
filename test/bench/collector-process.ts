/** A collector in a process of its own, as `plumbline start` runs it. Arguments: data directory, engine URL, database. */
import { Registry } from 'prom-client'
import { startCollector } from '../../collector/main.ts'
import { configSchema } from '../../runtime/config-schema.ts'
import { createLog } from '../../runtime/log.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { LONG_RETENTION } from '../support/long-retention.ts'

const [dataDir, engineUrl, database, settings = '{}'] = process.argv.slice(2)
const db = connect({ ...embeddedServer(engineUrl!), database: database! })
const clickhouse = { url: engineUrl, database }
const config = configSchema.parse({
  dataDir,
  clickhouse,
  ports: { otlpHttp: 0, otlpGrpc: 0 },
  retention: LONG_RETENTION,
  collector: JSON.parse(settings),
})
const { otlpHttp, otlpGrpc, stop } = await startCollector({
  config,
  db,
  log: createLog('warn', 'collector'),
  metrics: new Registry(),
})
process.send?.({ otlpHttp, otlpGrpc })
process.once('SIGTERM', async () => {
  await stop()
  await db.close()
  process.exit(0)
})
