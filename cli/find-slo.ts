import type { Slo } from '../slo/model.ts'
import { nearMisses } from '../slo/near-misses.ts'
import type { Db } from '../storage/query.ts'
import { readDefinitions } from '../storage/slo-definitions.ts'
import { CommandError } from './command-error.ts'

/** The SLO of that name that is in force. @throws CommandError that tells which name may be meant */
export async function findSlo(db: Db, name: string): Promise<Slo> {
  const definitions = await readDefinitions(db)
  const found = definitions.find((definition) => definition.name === name)
  if (found?.slo) return found.slo
  if (found) throw new CommandError(`no version of ${name} is in force: its definition is refused`)
  const [meant] = nearMisses(
    name,
    definitions.map((definition) => definition.name),
    1,
  )
  const known = definitions.length === 0 ? 'there are no SLOs' : `there are ${definitions.length} SLOs`
  throw new CommandError(`there is no SLO ${name}: ${meant ? `did you mean ${meant}?` : known}`)
}
