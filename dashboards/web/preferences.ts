import { useEffect, useState } from 'preact/hooks'
import type { Zone } from './format.ts'

const CHANGED = 'plumbline:preference'

/** `auto` follows the system. */
export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const read = (key: string): string | null => {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
  dispatchEvent(new Event(CHANGED))
}

function usePreference<T>(get: () => T): T {
  const [value, setValue] = useState(get)
  useEffect(() => {
    const follow = () => setValue(get())
    addEventListener(CHANGED, follow)
    return () => removeEventListener(CHANGED, follow)
  }, [get])
  return value
}

export const currentTheme = (): Theme => THEMES.find((theme) => theme === read('plumbline.theme')) ?? 'auto'
const readZone = (): Zone => (read('plumbline.zone') === 'local' ? 'local' : 'utc')

export const useTheme = (): Theme => usePreference(currentTheme)
export const useZone = (): Zone => usePreference(readZone)
const readName = (): string => read('plumbline.name') ?? ''
/** How the person at this browser signs what they do. */
export const useName = (): string => usePreference(readName)
export const setName = (name: string): void => write('plumbline.name', name)
export const setZone = (zone: Zone): void => write('plumbline.zone', zone)

/** `public/theme.js` repeats the first half of this before the first paint. */
export function setTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  write('plumbline.theme', theme)
}
