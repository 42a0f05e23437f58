import { useEffect, useState } from 'preact/hooks'
import { serverNow } from './live.ts'

/** The server's time, renewed every second: for ages on screen. */
export function useNow(): number {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), 1_000)
    return () => clearInterval(timer)
  }, [])
  return now
}
