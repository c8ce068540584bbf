import { type Embedded, startEmbedded, stopEmbedded } from '../db/embedded'
import { findBinaries } from '../db/embedded-binaries'
import { embeddedHome } from '../db/embedded-home'
import { chooseRunner, readVersion } from '../db/embedded-process'
import { makeTestFolder, removeTestFolder } from '../db/testing-server'
import { makePlace, type Place } from './gateway'

/** A place with a PostgreSQL server of its own, for faults that other tests would feel. */
export type OwnServer = { readonly place: Place; readonly dataDir: string; remove(): Promise<void> }

export async function makeOwnServer(): Promise<OwnServer> {
  const dataDir = await makeTestFolder()
  const place = await placeOn(await startEmbedded({ dataDir }), dataDir)
  return { place, dataDir, remove: () => place.remove().then(() => removeTestFolder(dataDir)) }
}

/** Removing the place stops the server. */
export const placeOn = ({ urlFor }: Embedded, dataDir: string): Promise<Place> =>
  makePlace({ name: 'countersign', urlFor: (login) => urlFor(login), drop: () => stopEmbedded(dataDir) })

/** `immediate` leaves the server to crash recovery. */
export type Stop = 'fast' | 'immediate'

export const restart = (dataDir: string, mode: Stop): Promise<void> => control(dataDir, mode, 'restart')

export const stop = (dataDir: string, mode: Stop): Promise<void> => control(dataDir, mode, 'stop')

async function control(dataDir: string, mode: Stop, command: 'restart' | 'stop'): Promise<void> {
  const { data, serverLog } = embeddedHome(dataDir)
  const { pgCtl } = findBinaries(await readVersion(data))
  const log = command === 'restart' ? ['-l', serverLog] : []
  const { code, output } = await chooseRunner().run(pgCtl, ['-D', data, '-w', '-t', '30', '-m', mode, ...log, command])
  if (code !== 0) throw new Error(`pg_ctl ${command} ended with ${code}: ${output}`)
}
