import { cva, type VariantProps } from 'class-variance-authority'

/** How anything that is pressed looks: 32 px at a desk, 40 px under a thumb. One `primary` on a page. */
export const buttonLook = cva(
  'inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium transition-colors duration-120 disabled:cursor-not-allowed data-asleep:cursor-progress disabled:not-data-asleep:opacity-55 aria-disabled:cursor-not-allowed aria-disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      look: {
        primary: 'border-transparent bg-accent text-on-accent enabled:hover:bg-accent/90',
        secondary: 'border-line bg-raised text-ink enabled:hover:bg-hover',
        quiet: 'border-transparent text-quiet enabled:hover:bg-hover enabled:hover:text-ink',
        danger: 'border-deny-line bg-deny-back text-deny enabled:hover:border-deny',
      },
      size: {
        sm: 'h-7 px-2 text-sm pointer-coarse:h-10',
        md: 'h-8 px-3 text-sm pointer-coarse:h-10',
        icon: 'size-8 pointer-coarse:size-10',
      },
    },
    defaultVariants: { look: 'secondary', size: 'md' },
  },
)

export type ButtonLook = VariantProps<typeof buttonLook>
