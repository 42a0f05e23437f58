import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'

const MOVED = 'plumbline:moved'

/** Goes to an address of this site without loading it anew; the back button undoes it. */
export function navigate(href: string, { replace = false } = {}): void {
  const from = location.pathname
  history[replace ? 'replaceState' : 'pushState'](null, '', href)
  dispatchEvent(new Event(MOVED))
  if (location.pathname !== from) scrollTo(0, 0)
}

/** The current path and query, followed as they change. */
export function useAddress(): URL {
  const [href, setHref] = useState(location.href)
  useEffect(() => {
    const follow = () => setHref(location.href)
    addEventListener('popstate', follow)
    addEventListener(MOVED, follow)
    return () => {
      removeEventListener('popstate', follow)
      removeEventListener(MOVED, follow)
    }
  }, [])
  return new URL(href)
}

/** Sets or clears one query parameter of the current address, without a new history entry. */
export function setQuery(name: string, value: string): void {
  const url = new URL(location.href)
  if (value === '') url.searchParams.delete(name)
  else url.searchParams.set(name, value)
  navigate(url.pathname + url.search, { replace: true })
}

interface LinkProps {
  href: string
  class?: string
  current?: boolean
  label?: string
  title?: string
  /** Enter in the filter moves to the first of these. */
  result?: boolean
  children: ComponentChildren
}

/** A real link (open in a new tab works) that navigates in place on a plain click. */
export function Link({ href, current = false, label, result = false, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(href)
  }
  return (
    <a
      href={href}
      onClick={follow}
      aria-current={current ? 'page' : undefined}
      aria-label={label}
      data-result={result ? '' : undefined}
      {...rest}
    >
      {children}
    </a>
  )
}
