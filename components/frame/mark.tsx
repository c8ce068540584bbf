/** The sign of the house: a lozenge, countersigned. */
export function Mark({ className = 'size-4' }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 16 16" className={`${className} shrink-0 text-accent`} aria-hidden="true">
      <path d="M8 1.2 14.8 8 8 14.8 1.2 8Z" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinejoin="round" />
      <path
        d="m5.6 8.1 1.7 1.700 3.100-3.400"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
