import type { NextConfig } from 'next'

process.env.NEXT_TELEMETRY_DISABLED = '1'

export default {
  output: 'standalone',
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  poweredByHeader: false,
  // `npm test` checks the types of the whole tree at once; a second check here would only be slower.
  typescript: { ignoreBuildErrors: true },
} satisfies NextConfig
