import { EngineError } from './engine-errors.ts'

const SPACE = String.raw`(?:\s|/\*[\s\S]*?\*/|(?:--|#)[^\n]*)*`
/** Reading and writing files by name: clauses that chDB executes on the client's side of its user rights. */
const FILE_CLAUSE = /(?<!\w)(?:infile|outfile)(?!\w)/i
/** The scalar function `file('path')`, quoted or not, and quoted names with escapes, which could spell it. */
const FILE_FUNCTION = new RegExp(String.raw`(?<!\w)file[\`"]?${SPACE}\(|\\[^\`"]*[\`"]${SPACE}\(`, 'i')

/**
 * Refuses statements that would read or write files past the user's grants.
 * It looks at the text and not at tokens: a literal that merely mentions `file(` is refused too, a parameter never is.
 */
export function refuseFiles(sql: string) {
  const clause = FILE_CLAUSE.exec(sql)?.[0] ?? (FILE_FUNCTION.test(sql) ? 'file()' : null)
  if (clause === null) return
  const text = `${clause} is not available over this port. If it is only part of a text, pass the text as a parameter, {name:String}`
  throw new EngineError(497, 'ACCESS_DENIED', text)
}
