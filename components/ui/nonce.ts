/**
 * The parts that put a style element of their own into the page (a dialog that holds the page still does) take its nonce from here. The
 * nonce is the document's, and lasts as long as it does.
 */
const kept = globalThis as { __webpack_nonce__?: string }

if (typeof document !== 'undefined') kept.__webpack_nonce__ ??= document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? ''
