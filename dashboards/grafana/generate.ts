import { mkdir, writeFile } from 'node:fs/promises'
import { onCallBoard } from './on-call.ts'

const BOARDS = new URL('./boards/', import.meta.url)

/** File name → content of every board; the files are committed, and a test compares them with this. */
export function boardFiles(): Record<string, string> {
  const boards = [onCallBoard()]
  return Object.fromEntries(
    boards.map((board) => [`${board.uid}.json`, `${JSON.stringify({ id: null, ...board }, null, 2)}\n`]),
  )
}

if (import.meta.main) {
  await mkdir(BOARDS, { recursive: true })
  for (const [name, content] of Object.entries(boardFiles())) {
    await writeFile(new URL(name, BOARDS), content)
    console.log(`wrote dashboards/grafana/boards/${name}`)
  }
}
