import { hide, type Mark } from './redacted-url.ts'

// Passwords in command lines, where a letter says what they are. Long options are those of `redacted-values.ts`.

/** `-u user:password` of curl and others; `-u 1000:1000` are the numbers of a user and a group. */
const LOGIN =
  /(?<![\w-])(-u|--user|--proxy-user|-U)((?:\s{1,4}|=|["'],\s{0,4})?["']?)([^\s:"',]{1,128}):(?!\/\/)([^\s"']{1,256})/g
const NUMBERS = /^\d+$/

/** Commands with a password behind a letter: glued to it, or behind a blank. */
const COMMANDS: readonly { command: RegExp; password: RegExp }[] = [
  { command: /\b(?:mysql|mariadb)\w{0,16}\b/g, password: /(?<=[\s"'])(-p)(["']?)([^\s"'=]{1,256})/g },
  {
    command: /\b(?:7za?|sshpass|zip|unzip|unrar|rar)\b/g,
    password: /(?<=[\s"'])(-[pP])((?:\s{1,4}|["'],\s{0,4})?["']?)([^\s"'-][^\s"']{0,255})/g,
  },
  {
    command: /\b(?:docker|podman|mongo\w{0,16}|ldap\w{0,16}|sqlcmd|htpasswd)\b/g,
    password: /(?<=[\s"'])(-[pwP])((?:\s{1,4}|["'],\s{0,4})["']?)([^\s"'-][^\s"':]{0,255})(?=[\s"']|$)/g,
  },
  { command: /\bredis-cli\b/g, password: /(?<=[\s"'])(-a)((?:\s{1,4}|["'],\s{0,4})["']?)([^\s"'-][^\s"']{0,255})/g },
]
/** How far behind its name a command goes on. */
const COMMAND_CHARS = 512

/** Hides the passwords; linear, because each stretch of a text is looked at once per kind of command. */
export function redactCommands(text: string, mark: Mark): string {
  const logins = text.replace(LOGIN, (whole, option: string, between: string, user: string, password: string) =>
    NUMBERS.test(user) && NUMBERS.test(password) ? whole : `${option}${between}${user}:${hide(password, mark)}`,
  )
  return COMMANDS.reduce((result, kind) => redactCommand(result, kind, mark), logins)
}

function redactCommand(text: string, { command, password }: (typeof COMMANDS)[number], mark: Mark): string {
  let result = ''
  let done = 0
  command.lastIndex = 0
  for (let found = command.exec(text); found !== null; found = command.exec(text)) {
    const from = found.index + found[0].length
    const line = text.slice(from, from + COMMAND_CHARS).split(/[|;\n]/, 1)[0]!
    result += text.slice(done, from)
    result += line.replace(
      password,
      (_, option: string, between: string, value: string) => option + between + hide(value, mark),
    )
    done = from + line.length
    command.lastIndex = Math.max(done, from)
  }
  return done === 0 ? text : result + text.slice(done)
}
