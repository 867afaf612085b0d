/** The values of all arrays, one after the other, in a new array of the kind `Values`. */
export function joinArrays<Values extends Float32Array | Int32Array>(
  Kind: new (size: number) => Values,
  parts: readonly Values[],
): Values {
  const whole = new Kind(parts.reduce((size, { length }) => size + length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}
