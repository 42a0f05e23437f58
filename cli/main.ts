import { Command, Option } from 'commander'
import { terminalText } from '../integration/plain-name.ts'
import { ConfigError } from '../runtime/config-error.ts'
import { VERSION } from '../runtime/version.ts'
import { CommandError } from './command-error.ts'
import { ROLES } from './roles.ts'
import { guardTerminal } from './terminal.ts'

/** Reads a command's code once it is asked for: whoever checks a file needs no collector. */
const whenAsked =
  <Given extends unknown[]>(load: () => Promise<(...given: Given) => Promise<void>>) =>
  async (...given: Given): Promise<void> =>
    (await load())(...given)

const program = new Command('plumbline')
  .description('SLOs, error budgets and alerting for the integrations you depend on, from OpenTelemetry')
  .version(VERSION)
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))

const config = new Option(
  '--config <file>',
  'configuration file (default: $PLUMBLINE_CONFIG, else plumbline.yaml if there is one)',
)

program
  .command('start')
  .description('run Plumbline: all roles with an embedded ClickHouse, or one role against a ClickHouse server')
  .addOption(config)
  .addOption(new Option('--role <role>', 'run this role alone').choices(ROLES))
  .option('--insecure', 'allow a bind address that others can reach without tokens')
  .option('--json', 'print one JSON line when ready instead of the banner')
  .action(whenAsked(async () => (await import('./start.ts')).runStart))

program
  .command('demo')
  .description('run Plumbline with three small services whose third parties misbehave on a script')
  .option('--json', 'print one JSON line when ready instead of the banner')
  .action(whenAsked(async () => (await import('./demo-command.ts')).runDemoCommand))

program
  .command('backtest')
  .description('what the SLOs of a file or folder would have said and sent over the stored history')
  .argument('<path>', 'OpenSLO file or folder')
  .addOption(config)
  .option('--slo <name>', 'only this SLO')
  .option('--days <number>', 'how many days are judged', '30')
  .option('--json', 'print one JSON object per SLO')
  .action(whenAsked(async () => (await import('./backtest-command.ts')).runBacktest))

program
  .command('route')
  .description('where an alert would go, and why: a dry run of the routes; exit code 1 when nobody is told')
  .option('--labels <name=value,...>', 'labels of the alert, such as severity=page,service=checkout')
  .option('--slo <name>', 'an SLO of the SLO folder: its labels, and the endpoints its author names')
  .option('--at <time>', 'when it is raised, for quiet hours (default: now)')
  .addOption(config)
  .option('--json', 'print one JSON object')
  .action(whenAsked(async () => (await import('./route-command.ts')).runRoute))

program
  .command('suggest')
  .description('SLOs that the traffic of the last weeks would have kept, as OpenSLO')
  .addOption(config)
  .option('--service <name>', 'only for this service')
  .option('--days <number>', 'how many days of traffic are looked at', '28')
  .option('--json', 'print one JSON object instead of YAML')
  .action(whenAsked(async () => (await import('./suggest-command.ts')).runSuggest))

program
  .command('validate')
  .description('check OpenSLO documents: exit code 0 when all are valid, 1 when one is not, 2 when there is none')
  .argument('<path...>', 'files, and folders with .yaml, .yml and .json files')
  .option('--strict', "judge exactly as OpenSLO's official validator does")
  .option('--config <file>', 'configuration whose endpoints notification targets are compared with')
  .option('--json', 'print the verdicts as JSON')
  .action(whenAsked(async () => (await import('./validate.ts')).runValidate))

program
  .command('explain')
  .description('the SELECT that measures an SLO, what is bound in it, and what it costs')
  .argument('<slo>', 'name of an SLO of the Plumbline that runs')
  .addOption(config)
  .option('--json', 'print one JSON object')
  .action(whenAsked(async () => (await import('./explain-command.ts')).runExplain))

program
  .command('remeasure')
  .description('measure minutes of an SLO again, from the telemetry that is stored')
  .argument('<slo>', 'name of an SLO of the Plumbline that runs')
  .addOption(config)
  .requiredOption('--from <time>', 'first minute, such as 2026-01-31T12:00:00Z')
  .option('--to <time>', 'end; default: now')
  .option('--wait <seconds>', 'how long to wait for it', '60')
  .option('--json', 'print one JSON object')
  .action(whenAsked(async () => (await import('./remeasure-command.ts')).runRemeasure))

program
  .command('rehearse')
  .description('play made-up incidents on a virtual clock: who would be told what, when and why')
  .argument('<file>', 'scenario file (YAML or JSON), see docs/alerting.md')
  .option('--interval <seconds>', 'time between two evaluations', '5')
  .option('--json', 'print one JSON object per accepted delivery')
  .action(whenAsked(async () => (await import('./rehearse-command.ts')).runRehearse))

// The progress bar steers the terminal itself, by standard error.
guardTerminal(process.stdout)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommandError) {
    console.error(terminalText(`plumbline: ${error.message}`))
    process.exit(error.exitCode)
  }
  if (!(error instanceof ConfigError)) throw error
  for (const { where, message } of error.faults) console.error(terminalText(`plumbline: ${where}: ${message}`))
  process.exit(2)
}
