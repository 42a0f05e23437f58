import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, type Running } from '../e2e/plumbline.ts'
import { findBelow, signalBelow } from '../support/processes.ts'
import type { Random } from '../support/random.ts'
import type { FalseClock } from './false-clock.ts'
import type { Load } from './load.ts'
import type { SmallDisk } from './small-disk.ts'

const ENGINE = 'embedded/engine'
const COLLECTOR = '--role collector'
/** Well below the ten minutes for which a repeated request is recognised. */
const LARGEST_STEP_SECONDS = 300
/** Less than the embedded engine leaves free, so it stores nothing, but enough for what it has begun. */
const ROOM_MEBIBYTES = 32

export interface Scene {
  plumbline: Pick<Running, 'pid' | 'otlpHttp' | 'clickhouse'>
  load: Load
  random: Random
  disk: SmallDisk | null
  clock: FalseClock | null
}

/** Does its damage while the load goes on, and resolves when nothing stands in the way of recovery any more. */
type Fault = (scene: Scene) => Promise<void>

const kill = ({ plumbline }: Scene, what: string) => signalBelow(plumbline.pid, what, 'SIGKILL')

/** Kills it again as soon as it is there again, at any moment of its start. */
async function killTimes(scene: Scene, what: string, times: number, pauseMs: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    await eventually(`${what} runs`, () => findBelow(scene.plumbline.pid, what))
    await sleep(scene.random.int(pauseMs))
    // It may have ended by itself, for instance because the other one is away.
    if (findBelow(scene.plumbline.pid, what)) kill(scene, what)
  }
}

const refusesMore = async ({ load }: Scene) => {
  const before = load.refusals()
  await eventually('requests are refused with 503 and Retry-After', () => load.refusals() > before)
}

const takesMore = async ({ load }: Scene) => {
  const before = load.acknowledged.size
  await eventually('requests are acknowledged', () => load.acknowledged.size > before)
}

export const FAULTS = {
  'the collector is killed': async (scene) => kill(scene, COLLECTOR),
  'the engine is killed': async (scene) => kill(scene, ENGINE),
  'collector and engine are killed at once': async (scene) => {
    kill(scene, ENGINE)
    kill(scene, COLLECTOR)
  },
  'the collector is killed again and again': (scene) => killTimes(scene, COLLECTOR, 3, 2_000),
  'the engine is killed again and again': (scene) => killTimes(scene, ENGINE, 4, 1_000),
  'the collector is frozen': async (scene) => {
    signalBelow(scene.plumbline.pid, COLLECTOR, 'SIGSTOP')
    await sleep(500 + scene.random.int(2_000))
    signalBelow(scene.plumbline.pid, COLLECTOR, 'SIGCONT')
  },
  'the engine is frozen until the disk limit is reached': async (scene) => {
    signalBelow(scene.plumbline.pid, ENGINE, 'SIGSTOP')
    await takesMore(scene)
    await refusesMore(scene)
    signalBelow(scene.plumbline.pid, ENGINE, 'SIGCONT')
  },
  'the engine stays down until the disk limit is reached': async (scene) => {
    const refusals = scene.load.refusals()
    kill(scene, ENGINE)
    await takesMore(scene)
    await eventually('requests are refused with 503 and Retry-After', () => {
      if (findBelow(scene.plumbline.pid, ENGINE)) kill(scene, ENGINE)
      return scene.load.refusals() > refusals
    })
  },
  'the disk is full': async (scene) => {
    scene.disk!.fill(ROOM_MEBIBYTES)
    await refusesMore(scene)
    await sleep(scene.random.int(2_000))
    scene.disk!.free()
  },
  'the engine is killed on a full disk': async (scene) => {
    scene.disk!.fill(ROOM_MEBIBYTES)
    await refusesMore(scene)
    kill(scene, ENGINE)
    await sleep(scene.random.int(2_000))
    scene.disk!.free()
  },
  'the clock is set forth and back': async (scene) => {
    for (const direction of scene.random.shuffle([1, -1])) {
      scene.clock!.step(direction * (1 + scene.random.int(LARGEST_STEP_SECONDS)))
      await takesMore(scene)
      await sleep(scene.random.int(1_000))
    }
    scene.clock!.step(0)
  },
} satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[]

const NEEDS_DISK: readonly FaultName[] = ['the disk is full', 'the engine is killed on a full disk']
const NEEDS_CLOCK: readonly FaultName[] = ['the clock is set forth and back']

/** Those of the faults that can be tried on this machine. */
export const possible = (names: readonly FaultName[], { disk, clock }: Pick<Scene, 'disk' | 'clock'>): FaultName[] =>
  names.filter((name) => (disk || !NEEDS_DISK.includes(name)) && (clock || !NEEDS_CLOCK.includes(name)))
