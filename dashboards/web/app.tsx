import { useEffect, useState } from 'preact/hooks'
import { ConnectionBanner } from './components/freshness.tsx'
import { Header } from './components/header.tsx'
import { HelpDialog } from './components/help-dialog.tsx'
import { NotFound } from './components/states.tsx'
import { TokenDialog } from './components/token-dialog.tsx'
import { listenForKeys } from './keys.ts'
import { useAddress } from './navigation.tsx'
import { Dependencies } from './pages/dependencies.tsx'
import { Dependency } from './pages/dependency.tsx'
import { Incident } from './pages/incident.tsx'
import { Incidents } from './pages/incidents.tsx'
import { Overview } from './pages/overview.tsx'
import { Silences } from './pages/silences.tsx'
import { Slo } from './pages/slo.tsx'
import { Slos } from './pages/slos.tsx'
import { Trace } from './pages/trace.tsx'
import { matchRoute, type Route } from './route.ts'
import { useTitle } from './title.ts'

export function App() {
  const address = useAddress()
  const route = matchRoute(address.pathname)
  const search = address.searchParams.get('q') ?? ''
  const [help, setHelp] = useState(false)
  useEffect(() => listenForKeys({ toggleHelp: () => setHelp((open) => !open) }), [])
  useTitle(route)
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <Header route={route} search={search} onHelp={() => setHelp(true)} />
      <main id="main" tabIndex={-1}>
        <ConnectionBanner />
        <Page route={route} search={search} address={address} />
      </main>
      <HelpDialog open={help} onClose={() => setHelp(false)} />
      <TokenDialog />
    </>
  )
}

function Page({ route, search, address }: { route: Route; search: string; address: URL }) {
  switch (route.page) {
    case 'overview':
      return <Overview search={search} />
    case 'slos':
      return <Slos search={search} />
    case 'slo':
      return <Slo key={route.slo} name={route.slo} address={address} />
    case 'incidents':
      return <Incidents search={search} />
    case 'incident':
      return <Incident key={route.id} id={route.id} />
    case 'dependencies':
      return <Dependencies search={search} />
    case 'dependency':
      return <Dependency key={route.dependency} name={route.dependency} />
    case 'silences':
      return <Silences search={search} address={address} />
    case 'trace':
      return <Trace key={route.id} id={route.id} />
    case 'notFound':
      return <NotFound what={`There is no page ${route.path}`} />
  }
}
