import type { Engine } from './engine'

/** What goes to the worker and what comes back. An engine that threw has a bug; the editor says so and goes on as text. */
export type Question = { readonly id: number; readonly ask: keyof Engine; readonly with: readonly unknown[] }
export type Answered = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly failed: string }
