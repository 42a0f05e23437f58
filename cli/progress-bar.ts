const CELLS = 24

/** `measuring history ██████░░░░ 60 %`, in at most `columns`: what is being done is cut when it is too long for them. */
export function progressText(what: string, share: number, columns = Number.POSITIVE_INFINITY): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * CELLS)
  const bar = ` ${'█'.repeat(filled)}${'░'.repeat(CELLS - filled)} ${String(Math.floor(share * 100)).padStart(3)} %`
  const room = Math.max(0, columns - bar.length)
  const cut = room === 0 ? '' : `${what.slice(0, room - 1)}…`
  return `${what.length > room ? cut : what}${bar}`
}

/** Keeps one line of a terminal up to date; where the stream is no terminal, it says nothing. */
export function progressBar(what: string, stream: NodeJS.WriteStream = process.stderr) {
  const write = (text: string) => {
    if (stream.isTTY) stream.write(`\r\x1b[2K${text}`)
  }
  // A line that breaks could not be written over: the last column stays free.
  return {
    show: (share: number) => write(progressText(what, share, (stream.columns || 80) - 1)),
    clear: () => write(''),
  }
}
