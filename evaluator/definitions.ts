import type { Log } from '../runtime/log.ts'
import { reconcile } from '../slo/reconcile.ts'
import type { Db } from '../storage/query.ts'
import { readDefinitions, recordDefinitions } from '../storage/slo-definitions.ts'
import { watchSloDir } from '../storage/slo-files.ts'

/**
 * Keeps the stored definitions in step with the files of a directory, now and whenever they change.
 * Resolves once the files were read the first time; rejects when the store does not take them.
 * @param endpoints names of the configuration
 */
export const followSloDir = (db: Db, log: Log, dir: string, now: () => Date, endpoints: readonly string[]) =>
  watchSloDir(
    dir,
    async (loaded) => {
      const { changes } = reconcile(await readDefinitions(db), loaded)
      await recordDefinitions(db, changes, now())
      for (const { name, state, source } of changes) log.info({ slo: name, state, source }, 'SLO definition changed')
      for (const { severity, file, line, path, message, hint } of loaded.problems) {
        log[severity === 'error' ? 'error' : 'warn'](
          { file, line, path },
          `SLO file: ${message}${hint ? `. ${hint}` : ''}`,
        )
      }
    },
    { endpoints, onError: (error) => log.error({ err: error, dir }, 'SLO files not taken over yet') },
  )
