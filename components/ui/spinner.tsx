import { cn } from './class-names'

/** Turns, but appears only after 400 ms: what is quicker needs no sign. */
export function Spinner({ label, className }: { readonly label?: string; readonly className?: string }) {
  return (
    <>
      <svg viewBox="0 0 16 16" className={cn('size-4 shrink-0 animate-late-spin', className)} fill="none" aria-hidden="true">
        <circle cx="8" cy="8" r="6" stroke="currentColor" strokeOpacity="0.25" strokeWidth="2" />
        <path d="M8 2a6 6 0 0 1 6 6" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      </svg>
      {label !== undefined && <span className="sr-only">{label}</span>}
    </>
  )
}
