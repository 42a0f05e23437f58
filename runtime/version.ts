import manifest from '../package.json' with { type: 'json' }

/** Plumbline's version, as `package.json` says it. */
export const VERSION: string = manifest.version
