import { type FSWatcher, watch } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { planObjects } from '../slo/openslo/plan.ts'
import { reporterFor } from '../slo/openslo/source.ts'
import type { LoadedSlos } from '../slo/reconcile.ts'
import { type ParsedText, parseSloText, reasonOf } from './slo-text.ts'

const EXTENSIONS = /\.(ya?ml|json)$/

/** Far above any set of SLOs a person writes; keeps a stray file from filling the memory. */
const MAX_FILE_BYTES = 5 * 2 ** 20

/** A file as it was found: `mark` changes when its content may have. */
interface Found {
  file: string
  mark: string
}

/**
 * Files with SLOs below `dir`, in order of their names; hidden ones are left out, links are followed, but not back to a
 * folder they lie in.
 */
async function findFiles(dir: string, above: readonly string[] = []): Promise<Found[]> {
  const here = await realpath(dir)
  if (above.includes(here)) return []
  const names = await readdir(dir)
  const found = await Promise.all(
    names
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map(async (name): Promise<Found[]> => {
        const file = join(dir, name)
        const stats = await stat(file).catch(() => null)
        if (stats?.isDirectory()) return findFiles(file, [...above, here])
        if (!EXTENSIONS.test(name)) return []
        return [{ file, mark: stats ? `${stats.size} ${stats.mtimeMs} ${stats.ino}` : 'unreadable' }]
      }),
  )
  return found.flat()
}

async function readFileText(file: string): Promise<ParsedText> {
  const report = reporterFor({ file, lineOf: () => 1 })
  try {
    const stats = await stat(file)
    // Reading a pipe waits for ever, and a device may have no end.
    if (!stats.isFile()) throw new Error('is no file')
    if (stats.size <= MAX_FILE_BYTES) return parseSloText(UTF_8.decode(await readFile(file)), file)
    const message = `has ${stats.size} bytes, more than the ${MAX_FILE_BYTES} that are read`
    report.error('decode', [], 'file_too_large', message, 'Split it')
  } catch (error) {
    const message = error instanceof TypeError ? 'is no text in UTF-8' : reasonOf(error)
    report.error('decode', [], 'file_unreadable', message)
  }
  return { objects: [], problems: report.problems }
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads every `.yaml`, `.yml` and `.json` file below a directory. Never throws: what cannot be read is a problem with
 * file, line, path and reason, and everything else is read all the same.
 * @param endpoints of the configuration, see `planObjects`
 */
export async function loadSloDir(
  dir: string,
  { endpoints }: { endpoints?: readonly string[] | undefined } = {},
): Promise<LoadedSlos> {
  let files: Found[]
  try {
    files = await findFiles(dir)
  } catch (error) {
    const report = reporterFor({ file: dir, lineOf: () => 1 })
    report.error('decode', [], 'directory_unreadable', reasonOf(error), 'Create it, or point sloDir elsewhere')
    return { slos: [], problems: report.problems, unreadable: new Set(), complete: false }
  }
  const { objects, problems } = await readFiles(files)
  const plan = planObjects(objects, { endpoints })
  return {
    slos: plan.slos,
    problems: [...problems, ...plan.problems],
    unreadable: new Set([...plan.unreadable, ...problems.map(({ file }) => file)]),
    complete: true,
  }
}

async function readFiles(files: readonly Pick<Found, 'file'>[]): Promise<ParsedText> {
  const parsed = await Promise.all(files.map(({ file }) => readFileText(file)))
  return {
    objects: parsed.flatMap(({ objects }) => objects),
    problems: parsed.flatMap(({ problems }) => problems),
  }
}

/**
 * Reads files and folders as they are named: a folder as `loadSloDir` does, a file whatever its name is.
 * Rejects for a path that is not there.
 */
export async function readSloPaths(paths: readonly string[]): Promise<ParsedText> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const stats = await stat(path).catch((cause: unknown) => {
        throw new Error(`${path} is no file or folder that can be read`, { cause })
      })
      return stats.isDirectory() ? findFiles(path) : [{ file: path }]
    }),
  )
  // A file that is named twice, in whatever form, is no second file.
  return readFiles([...new Map(found.flat().map((one) => [resolve(one.file), one])).values()])
}

export interface WatchOptions {
  /** Editors write in several steps: a change is read when two looks this far apart see the same. */
  settleMs?: number
  /** File systems without change events (network, some containers) are looked at this often. */
  pollMs?: number
  /** Told when `onChange` fails; it is called again after the next look. */
  onError?: (error: unknown) => void
  /** Of the configuration, see `planObjects`. */
  endpoints?: readonly string[]
}

/**
 * Reads the directory now and whenever something in it changes, one call at a time.
 * The first call of `onChange` is over when this resolves; it rejects if that one fails.
 */
export async function watchSloDir(
  dir: string,
  onChange: (loaded: LoadedSlos) => void | Promise<void>,
  { settleMs = 200, pollMs = 2_000, onError = () => {}, endpoints }: WatchOptions = {},
): Promise<{ close(): Promise<void> }> {
  let told = await marksOf(dir)
  await onChange(await loadSloDir(dir, { endpoints }))

  let candidate = told
  let closed = false
  let checking: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  const check = async (): Promise<number> => {
    const seen = await marksOf(dir)
    if (closed || seen === told) return pollMs
    if (seen !== candidate) {
      candidate = seen
      return settleMs
    }
    try {
      await onChange(await loadSloDir(dir, { endpoints }))
      told = seen
    } catch (error) {
      onError(error)
    }
    return pollMs
  }
  const lookIn = (delayMs: number) => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      checking = check().then((nextMs) => {
        checking = null
        if (!closed) lookIn(nextMs)
      })
    }, delayMs)
    timer.unref()
  }
  const watcher = tryWatch(dir, () => {
    if (!checking && !closed) lookIn(settleMs)
  })
  lookIn(pollMs)
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      watcher?.close()
      await checking
    },
  }
}

/** Changes whenever a file below `dir` may have. */
async function marksOf(dir: string): Promise<string> {
  const files = await findFiles(dir).catch((error: unknown) => [{ file: dir, mark: String(error) }])
  return files.map(({ file, mark }) => `${file}\n${mark}`).join('\n')
}

/** Change events where the system has them; polling finds the rest. */
function tryWatch(dir: string, onEvent: () => void): FSWatcher | null {
  try {
    const watcher = watch(dir, { recursive: true, persistent: false }, onEvent)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return null
  }
}
