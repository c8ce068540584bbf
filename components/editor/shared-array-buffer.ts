/*
 * Browsers hide SharedArrayBuffer from pages that are not isolated, and the URL parser we pinned looks at it when it is loaded, only to
 * tell such buffers from others. Nothing here is one.
 */
const scope = globalThis as { SharedArrayBuffer?: unknown }

scope.SharedArrayBuffer ??= class {
  get byteLength(): number {
    throw new TypeError('not a shared buffer')
  }

  get growable(): boolean {
    throw new TypeError('not a shared buffer')
  }
}

export {}
