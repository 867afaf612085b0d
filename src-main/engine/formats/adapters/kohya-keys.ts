/** Ends of keys, and the variant's part that each holds. `alpha` is a number, not a part. */
const loraEnds = {
  'lora_down.weight': 'a',
  'lora_up.weight': 'b',
  'lora_A.weight': 'a',
  'lora_B.weight': 'b',
  // LoCon's convolutions, taken apart a second time (Tucker).
  'lora_mid.weight': 'mid',
} as const;
/** LyCORIS names are the variants' parts with a prefix. */
export const lycorisEnds = {
  loha: { hada_w1_a: 'w1_a', hada_w1_b: 'w1_b', hada_w2_a: 'w2_a', hada_w2_b: 'w2_b' },
  lokr: {
    lokr_w1: 'w1',
    lokr_w1_a: 'w1_a',
    lokr_w1_b: 'w1_b',
    lokr_w2: 'w2',
    lokr_w2_a: 'w2_a',
    lokr_w2_b: 'w2_b',
  },
} as const;
const ends: Readonly<Record<string, string>> = {
  ...loraEnds,
  ...lycorisEnds.loha,
  ...lycorisEnds.lokr,
  dora_scale: 'magnitude',
  alpha: 'alpha',
};
const key = new RegExp(`^(.+)\\.(${Object.keys(ends).join('|').replaceAll('.', '\\.')})$`);

export type KohyaKind = 'lora' | 'dora' | 'loha' | 'lokr';

export interface KohyaKey {
  /** The module's flat name. */
  readonly flat: string;
  readonly part: string;
  /** The kind that only such a key has; null: any. */
  readonly kind: KohyaKind | null;
}

/** Parses a key of kohya's files; null for keys that are not read. */
export function parseKohyaKey(name: string): KohyaKey | null {
  const [, flat, end] = key.exec(name) ?? [];
  const part = end === undefined ? undefined : ends[end];
  if (flat === undefined || end === undefined || part === undefined) return null;
  const own = Object.entries(lycorisEnds).find(([, one]) => end in one)?.[0];
  const kind = own === 'loha' || own === 'lokr' ? own : end === 'dora_scale' ? 'dora' : null;
  return { flat, part, kind };
}

/** Keys of the studio's own in the header: names that flat ones stand for, and alphas that are no float32. */
export const namesKey = 'coto_modules';
export const alphasKey = 'coto_alphas';
