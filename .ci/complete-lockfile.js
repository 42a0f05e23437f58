// Adds to package-lock.json the platform packages that a registry mirror did not have when the lock was written.
// `npm ci` wants every optional dependency of every locked package to be locked too, also those of other systems, and
// fails otherwise. They are named with version, os and cpu, without a checksum. Run after `npm install` says it is done:
//   node .ci/complete-lockfile.js
import { readFileSync, writeFileSync } from 'node:fs'

const OS = ['darwin', 'linux', 'win32', 'freebsd', 'android', 'openharmony', 'aix', 'sunos', 'netbsd', 'openbsd']
const CPU = ['arm64', 'x64', 'arm', 'ia32', 'riscv64', 'ppc64', 's390x', 'loong64', 'mips64el', 'wasm32']
const ABI = { gnu: 'glibc', musl: 'musl', gnueabihf: 'glibc', musleabihf: 'musl' }

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))

/** `@chdb/lib-linux-arm64-gnu` → linux, arm64, glibc; null where the name says no system. */
function platformOf(name) {
  const words = name.split(/[/-]/)
  const os = OS.find((known) => words.includes(known))
  const cpu = CPU.find((known) => words.includes(known))
  const abi = Object.keys(ABI).find((known) => words.includes(known))
  return os && cpu ? { cpu: [cpu], os: [os], ...(os === 'linux' && abi ? { libc: [ABI[abi]] } : {}) } : null
}

const added = []
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    const platform = platformOf(name)
    if (lock.packages[key] || !platform || !/^\d/.test(version)) continue
    lock.packages[key] = { version, ...platform, ...(entry.dev ? { dev: true } : {}), optional: true }
    added.push(name)
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log(added.length === 0 ? 'the lock is complete' : `added ${added.length}:\n  ${added.join('\n  ')}`)
