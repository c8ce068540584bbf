/** Schemes that pass when a bound names none. A change is a change of the language version. */
export const defaultSchemes: readonly string[] = ['https', 'http']

/** The ports that a scheme stands for (WHATWG URL, "special scheme", and RFC 4253). They pass when a bound names no ports. */
export const defaultPorts: { readonly [scheme: string]: number } = { ftp: 21, http: 80, https: 443, ssh: 22, ws: 80, wss: 443 }
