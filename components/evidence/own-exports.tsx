import { RelativeTime } from '../ui/relative-time'
import type { OwnExport, WatchExport } from './evidence-shown'
import { ExportProgress } from './export-progress'

/** What whoever looks ordered and can still fetch: it is here again after the page was left or loaded anew. */
export function OwnExports({ exports, watch }: { readonly exports: readonly OwnExport[]; readonly watch: WatchExport }) {
  return (
    <ul aria-label="Your exports" className="mt-6 space-y-4">
      {exports.map(({ id, at, seen }) => (
        <li key={id} className="space-y-2">
          <p className="text-quiet text-sm">
            Ordered by you <RelativeTime at={at} />
          </p>
          <ExportProgress id={id} seen={seen} watch={watch} />
        </li>
      ))}
    </ul>
  )
}
