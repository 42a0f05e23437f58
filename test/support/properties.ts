/**
 * Properties draw the same cases each time, so that a failure is due to the change at hand. `PROPERTY_SEED=N` draws others.
 */
import fc from 'fast-check'
import { SEED } from './random.ts'

fc.configureGlobal({ seed: SEED })
