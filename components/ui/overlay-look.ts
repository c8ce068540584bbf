/** What lies over a page: its ground, its one shadow, and how it comes. */
export const OVERLAY_LOOK = 'rounded-md border border-line bg-raised text-ink shadow-overlay animate-appear'

export const SCRIM_LOOK = 'fixed inset-0 z-40 bg-scrim animate-appear'

/** In the middle at a desk, at the lower edge under a thumb. */
export const DIALOG_LOOK =
  'fixed inset-x-0 bottom-0 z-50 mx-auto max-h-[92dvh] w-full overflow-y-auto p-5 max-md:rounded-b-none md:inset-y-0 md:my-auto md:h-fit md:max-h-[88dvh]'
