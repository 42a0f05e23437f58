import { render } from 'preact'
import { App } from './app.tsx'
import { startPolling } from './live.ts'
import './style/tokens.css'
import './style/frame.css'
import './style/table.css'
import './style/incident.css'
import './style/chart.css'
import './style/states.css'

const root = document.getElementById('app')
if (root === null) throw new Error('index.html has no element #app')
startPolling()
render(<App />, root)
