import type { NextConfig } from 'next'

process.env.NEXT_TELEMETRY_DISABLED = '1'

export default {
  output: 'standalone',
  outputFileTracingRoot: import.meta.dirname,
  // The last build is no part of the next one.
  outputFileTracingExcludes: {
    '/**': ['./dist/**', './.git/**', './.build/**', './.test/**', './test-results/**', './bench/**', './e2e/**'],
  },
  // What route handlers run on. Next's own list leaves it out, and where no other `next` lies above the package they would all fail.
  outputFileTracingIncludes: { '/**': ['./node_modules/next/dist/compiled/next-server/app-route-turbo.runtime.prod.js'] },
  turbopack: { root: import.meta.dirname },
  poweredByHeader: false,
  // No page shows an image of its own: the optimiser would be one more thing that answers.
  images: { unoptimized: true },
  // Next would answer `/path/` with a redirect of its own, before the proxy could add its headers.
  skipTrailingSlashRedirect: true,
  // `npm test` checks the types of the whole tree at once; a second check here would only be slower.
  typescript: { ignoreBuildErrors: true },
} satisfies NextConfig
