const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bHeadlessChrome\//, 'Chromium without a window'],
  [/\bChrome\/|\bCriOS\//, 'Chrome'],
  [/\bVersion\/[\d.]+ .*\bSafari\//, 'Safari'],
]

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:iPhone|iPod)\b/, 'an iPhone'],
  [/\biPad\b/, 'an iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'a Mac'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

/** What a browser says of itself, in words of ours; null where it says nothing that we know. It is a hint, and anybody can say it. */
export function deviceWords(agent: string | null): string | null {
  const wordFor = (list: readonly (readonly [RegExp, string])[]) => list.find(([pattern]) => agent !== null && pattern.test(agent))?.[1]
  const [browser, system] = [wordFor(BROWSERS), wordFor(SYSTEMS)]
  if (browser === undefined) return null
  return system === undefined ? browser : `${browser} on ${system}`
}
