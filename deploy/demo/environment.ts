/** The one place where a demo service reads what its parent told it. */
export function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set; the demo services are started by \`npm run demo\``)
  return value
}
