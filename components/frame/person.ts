import type { Role } from '../../core/roles'

/** Who is signed in, as the frame shows them. */
export type Person = { readonly name: string; readonly email: string; readonly roles: readonly Role[] }
