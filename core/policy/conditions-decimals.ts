/** `digits` × 10^-`scale`: a decimal number, exactly. */
export type Decimal = { readonly digits: bigint; readonly scale: number }

/** Reads a decimal as JSON and ECMAScript write it, exponent included; null for anything else. */
export function decimalOf(text: string): Decimal | null {
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text) ?? []
  if (sign === undefined) return null
  return { digits: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length - Number(exponent) }
}

/** Negative, zero or positive as `left` is less than, equal to or greater than `right`. */
export function signOfDifference(left: Decimal, right: Decimal): number {
  const scale = Math.max(left.scale, right.scale)
  const difference = left.digits * 10n ** BigInt(scale - left.scale) - right.digits * 10n ** BigInt(scale - right.scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
