import type { ForeignKindId } from './foreign-updates.ts';

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
/** Ends of LyCORIS's further kinds, which become plain LoRA. */
const foreignEnds = {
  hada_t1: 't1',
  hada_t2: 't2',
  lokr_t2: 't2',
  diff: 'diff',
  diff_b: 'bias',
  'a1.weight': 'a1',
  'a2.weight': 'a2',
  'b1.weight': 'b1',
  'b2.weight': 'b2',
  // (IA)³
  weight: 'weight',
  on_input: 'on_input',
  oft_blocks: 'oft_blocks',
  rescale: 'rescale',
  'q_layer.weight': 'q',
  'p_layer.weight': 'p',
  lambda_layer: 'lambda',
} as const;
const ends: Readonly<Record<string, string>> = {
  ...loraEnds,
  ...lycorisEnds.loha,
  ...lycorisEnds.lokr,
  ...foreignEnds,
  dora_scale: 'magnitude',
  alpha: 'alpha',
};
// The shortest name counts: `.weight` alone is an end too.
const key = new RegExp(`^(.+?)\\.(${Object.keys(ends).join('|').replaceAll('.', '\\.')})$`);

/** Kinds whose ΔW is a product of two matrices, and how the ends of their keys begin. */
const products = [
  ['loha', 'hada_'],
  ['lokr', 'lokr_'],
] as const;
type Product = (typeof products)[number][0];
/** Kinds of B·A: without lengths of the rows, and with them. */
const lowRank = ['lora', 'dora'] as const;
/** Kinds that a variant of the studio holds as they are. */
type KohyaKind = (typeof lowRank)[number] | Product;
/** Kind of a module. */
export type ModuleKind = KohyaKind | ForeignKindId;

export interface KohyaKey {
  /** The module's flat name. */
  readonly flat: string;
  readonly part: string;
  /** LoHa and LoKr have parts of equal names; null: any kind. */
  readonly product: Product | null;
}

/** Parses a key of kohya's files; null for keys that are not read. */
export function parseKohyaKey(name: string): KohyaKey | null {
  const [, flat, end] = key.exec(name) ?? [];
  const part = end === undefined ? undefined : ends[end];
  if (flat === undefined || end === undefined || part === undefined) return null;
  const [product = null] = products.find(([, start]) => end.startsWith(start)) ?? [];
  return { flat, part, product };
}

/** Parts that only one kind has. */
const marks: readonly (readonly [part: string, kind: ForeignKindId])[] = [
  ['diff', 'full'],
  ['a1', 'glora'],
  ['on_input', 'ia3'],
  ['oft_blocks', 'diag-oft'],
  ['lambda', 'tlora'],
];

/** The kind of a module by its parts. */
export function kindOfParts(parts: { has(part: string): boolean }, product: KohyaKey['product']): ModuleKind {
  const mark = marks.find(([part]) => parts.has(part));
  if (mark) return mark[1];
  const hasMagnitude = parts.has('magnitude');
  if (product === null) return lowRank[hasMagnitude ? 1 : 0];
  if (hasMagnitude) return `${product}-dora`;
  return parts.has('t1') || parts.has('t2') ? `${product}-tucker` : product;
}

/** Returns true for a kind that a variant of the studio holds as it is. */
export function isHeldKind(kind: ModuleKind): kind is KohyaKind {
  return lowRank.some((held) => held === kind) || products.some(([held]) => held === kind);
}

/** Keys of the studio's own in the header: names that flat ones stand for, and alphas that are no float32. */
export const namesKey = 'coto_modules';
export const alphasKey = 'coto_alphas';
