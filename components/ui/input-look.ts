/** What every place to write or choose in looks like; its edge keeps 3:1 against the ground. */
export const INPUT_LOOK =
  'w-full rounded-md border border-edge bg-raised px-2.5 text-sm text-ink placeholder:text-quiet disabled:cursor-not-allowed disabled:bg-sunken disabled:text-quiet aria-invalid:border-deny-line read-only:bg-sunken'
