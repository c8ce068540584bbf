/** Bounds of one line. They are refusals, never truncations; depth counts containers, `params` itself being the first. */
export const limits = {
  lineBytes: 64 * 1024 * 1024,
  paramsBytes: 8 * 1024 * 1024,
  depth: 128,
  keys: 10_000,
  /** Keys in one page of a listing: hundreds of tools with their schemas. */
  listingKeys: 1_000_000,
  idBytes: 1024,
} as const
