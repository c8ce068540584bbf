import type { Queries } from './connect'

const NEWEST = 1_000

/** The statements by which the log key was rotated, by size; none in a database of an older release. Nothing in them is believed. */
export async function listRotations(sql: Queries): Promise<readonly string[]> {
  const [there] = await sql<{ there: boolean }[]>`select to_regclass('countersign.log_rotations') is not null as there`
  if (!there?.there) return []
  const rows = await sql<{ statement: string }[]>`select statement from countersign.log_rotations order by size desc limit ${NEWEST}`
  return rows.map(({ statement }) => statement).reverse()
}
