/** Relative errors below this are rounding of float32. */
const smallestError = 1e-5;

/** Returns true if a conversion of an adapter loses more than rounding. */
export function isLossy({ error }: { readonly error: number }): boolean {
  return error >= smallestError;
}

/** Relative error of a conversion in percent. */
export function lossText(error: number): string {
  return isLossy({ error }) ? `${(100 * error).toPrecision(2)} %` : 'rounding only';
}
