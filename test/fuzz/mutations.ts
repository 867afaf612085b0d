/** Numbers from 0 up to 1, the same for the same seed. */
export function seededNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    // Mulberry32 (Tommy Ettinger, public domain).
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<T>(values: readonly T[], random: () => number): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}

/** Counts and lengths that no file means. */
const extremes = [0n, 1n, 0x7fffffffn, 0xffffffffn, 1n << 40n, 1n << 53n, (1n << 63n) - 1n, (1n << 64n) - 1n];

/** Spoils bytes in one of several ways; most often near the start, where the structure is. */
export function mutateBytes(whole: Buffer, random: () => number): Buffer {
  const somewhere = (): number => Math.floor((random() < 0.5 ? random() : random() ** 3) * whole.length);
  const way = random();
  if (way < 0.25) return whole.subarray(0, somewhere());
  const corrupt = Buffer.from(whole);
  if (way < 0.55) {
    for (let flips = 1 + Math.floor(random() * 8); flips > 0; flips--) {
      const at = somewhere();
      corrupt[at] = (corrupt[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    return corrupt;
  }
  if (way < 0.85) {
    // A number of 4 or 8 bytes that claims too much.
    const at = Math.max(0, Math.min(somewhere(), whole.length - 8));
    if (whole.length < 8) return corrupt;
    if (random() < 0.5) corrupt.writeUInt32LE(Number(pick(extremes, random) & 0xffffffffn), at);
    else corrupt.writeBigUInt64LE(pick(extremes, random), at);
    return corrupt;
  }
  // A stretch that is repeated or left out.
  const [from, to] = [somewhere(), somewhere()].sort((one, other) => one - other);
  const stretch = whole.subarray(from, to);
  return way < 0.93
    ? Buffer.concat([whole.subarray(0, to), stretch.subarray(0, 4096), whole.subarray(to)])
    : Buffer.concat([whole.subarray(0, from), whole.subarray(to)]);
}

/** Unexpected values: every type of JSON, and tricky numbers and names. */
const foreignValues: readonly unknown[] = [
  null,
  true,
  '',
  'x',
  '../../x',
  '__proto__',
  -1,
  0.5,
  1e308,
  2 ** 53,
  [],
  [[]],
  {},
  { __proto__: null, constructor: 1 },
];

/** A copy in which one to three values, at any depth, are replaced, left out or doubled. */
export function mutateJson(value: unknown, random: () => number): unknown {
  const copy: unknown = structuredClone(value);
  for (let changes = 1 + Math.floor(random() * 3); changes > 0; changes--) {
    const places = holdersIn(copy);
    if (places.length === 0) return foreign(random);
    changeOne(pick(places, random), random);
  }
  return copy;
}

function foreign(random: () => number): unknown {
  return structuredClone(pick(foreignValues, random));
}

type Holder = unknown[] | Record<string, unknown>;

function holdersIn(value: unknown): Holder[] {
  if (!isHolder(value) || Object.keys(value).length === 0) return [];
  return [value, ...Object.values(value).flatMap(holdersIn)];
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null;
}

function changeOne(holder: Holder, random: () => number): void {
  const key = pick(Object.keys(holder), random);
  const way = random();
  if (Array.isArray(holder)) {
    const index = Number(key);
    if (way < 0.6) holder[index] = foreign(random);
    else if (way < 0.8) holder.splice(index, 1);
    else holder.splice(index, 0, holder[index]);
    return;
  }
  if (way < 0.6) holder[key] = foreign(random);
  else if (way < 0.8) delete holder[key];
  else holder[`${key}x`] = holder[key];
}
