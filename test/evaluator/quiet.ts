import pino from 'pino'

export const QUIET = pino({ level: 'silent' })
