import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The highest policy epoch this machine ever enforced, kept outside the database so that a restored or rewritten one can't bring back an
 * older policy. One empty file an epoch, made exclusively: processes that race can only raise it.
 */
export type Epochs = { highest(): number; remember(epoch: number): void }

export function openEpochs(dataDir: string, log: string): Epochs {
  const folder = join(dataDir, 'state', 'epochs', log)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const known = () =>
    readdirSync(folder)
      .filter((name) => /^[1-9]\d{0,15}$/.test(name))
      .map(Number)
  const highest = () => known().reduce((a, b) => Math.max(a, b), 0)
  return {
    highest,
    remember: (epoch) => {
      if (epoch <= highest()) return
      writeFileSync(join(folder, String(epoch)), '', { mode: 0o600 })
      for (const older of known()) if (older < epoch) rmSync(join(folder, String(older)), { force: true })
    },
  }
}
