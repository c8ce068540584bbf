import { type ClassValue, clsx } from 'clsx'
import { twMerge } from 'tailwind-merge'

/** Classes joined; of two that set the same property the later one wins, so that a caller can overrule a part's own look. */
export const cn = (...classes: readonly ClassValue[]): string => twMerge(clsx(classes))
