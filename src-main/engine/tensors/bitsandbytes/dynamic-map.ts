/** Exponents of bitsandbytes' dynamic type of 8 bits with a sign. */
const exponents = 7;

/**
 * The 256 values −1 to 1, ascending, to which bitsandbytes rounds the scales of blocks (create_dynamic_map, arXiv:2110.02861),
 * to the bit. Its quantization on the CPU has the lowest at −1, as here; on a GPU that stays −0.993. A file says which it has.
 */
export function dynamicMap(): Float32Array {
  const values = [0, 1];
  for (let exponent = 0; exponent < exponents; exponent++) {
    const edges = linspace(2 ** exponent + 1);
    const power = 10 ** (exponent - exponents + 1);
    for (let index = 0; index + 1 < edges.length; index++) {
      const middle = Math.fround(Math.fround((edges[index] ?? 0) + (edges[index + 1] ?? 0)) / 2);
      const value = Math.fround(Math.fround(power) * middle);
      values.push(value, -value);
    }
  }
  const map = Float32Array.from(values).sort();
  map[0] = -1;
  return map;
}

/** torch.linspace(0.1, 1, count) in float32: the second half is counted from the end. */
function linspace(count: number): Float32Array {
  const [first, last] = [Math.fround(0.1), 1];
  const step = Math.fround((last - first) / (count - 1));
  return Float32Array.from({ length: count }, (_, index) =>
    index < count / 2 ? Math.fround(first + step * index) : Math.fround(last - step * (count - 1 - index)),
  );
}
