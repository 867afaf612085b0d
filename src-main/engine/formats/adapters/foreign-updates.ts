import { type MatrixLike, matmul, truncatedSvd } from '../../linalg/index.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';
import {
  above,
  beside,
  blockwise,
  channelsTimes,
  combined,
  difference,
  flattened,
  kronecker,
  reordered,
  rowsTimes,
  scaledBy,
  sizes,
  solved,
  tuckerWeight,
} from './foreign-matrices.ts';

/** Tensors of a module by part. */
export type Parts = ReadonlyMap<string, HostTensor>;

/** Facts that an update may depend on besides the module's tensors. */
interface UpdateContext {
  /** alpha of the file; null if it has none. */
  readonly alpha: number | null;
  /** The base's weight [out, in · window]; null where the base is not known. */
  readonly weight: MatrixLike | null;
}

/** A change of a weight: B·A, or the whole ΔW [out, in · window]. */
export type ForeignUpdate = { readonly a: MatrixLike; readonly b: MatrixLike } | { readonly delta: MatrixLike };

/** A kind of LyCORIS's that no variant holds: it becomes plain LoRA. */
export interface ForeignKind {
  readonly label: string;
  /** True if ΔW is a function of the base's weight. */
  readonly needsBase: boolean;
  /** Shape of the convolution's window with its channels, [channels, window…]; null of a linear layer, or where the tensors do not tell. */
  kernel?(parts: Parts): readonly number[] | null;
  update(parts: Parts, context: UpdateContext): ForeignUpdate;
}

/** A tensor of a module, which its kind has. */
export function part(parts: Parts, name: string): HostTensor {
  const found = parts.get(name);
  if (found === undefined) throw new MissingPart(name);
  return found;
}

/** Thrown for a tensor that a kind needs and the file lacks. */
export class MissingPart extends Error {}

function baseWeight({ weight }: UpdateContext): MatrixLike {
  if (weight === null) throw new Error('the kind needs the weight of the base');
  return weight;
}

function scaleOf({ alpha }: UpdateContext, rank: number): number {
  return alpha === null ? 1 : alpha / rank;
}

/** LoKr's factor, whole or of two matrices or, for a convolution, of three. */
function kroneckerFactor(parts: Parts, name: 'w1' | 'w2'): MatrixLike {
  const whole = parts.get(name);
  if (whole) return flattened(whole);
  const core = name === 'w2' ? parts.get('t2') : undefined;
  const [a, b] = [part(parts, `${name}_a`), part(parts, `${name}_b`)];
  return core ? tuckerWeight(core, a, b) : matmul(flattened(a), flattened(b));
}

/** ΔW of a LoRA or LoCon. */
function lowRank(parts: Parts, context: UpdateContext): MatrixLike {
  const a = part(parts, 'a');
  return scaledBy(matmul(flattened(part(parts, 'b')), flattened(a)), scaleOf(context, a.shape[0] ?? 1));
}

/** ΔW of a LoHa, of convolutions by Tucker's decomposition too. */
function hadamard(parts: Parts, context: UpdateContext): MatrixLike {
  const half = (at: 1 | 2) => {
    const [a, b, core] = [part(parts, `w${at}_a`), part(parts, `w${at}_b`), parts.get(`t${at}`)];
    return core ? tuckerWeight(core, a, b) : matmul(flattened(a), flattened(b));
  };
  const rank = part(parts, 'w1_b').shape[0] ?? 1;
  const scale = scaleOf(context, rank);
  return combined(half(1), half(2), (one, other) => scale * one * other);
}

/** ΔW of a LoKr. LyCORIS ignores alpha where both factors are whole. */
function kroneckerUpdate(parts: Parts, context: UpdateContext): MatrixLike {
  const rank = (parts.get('w1_b') ?? parts.get('w2_b'))?.shape[0];
  const scale = rank === undefined ? 1 : scaleOf(context, rank);
  return scaledBy(kronecker(kroneckerFactor(parts, 'w1'), kroneckerFactor(parts, 'w2')), scale);
}

/** m · (W + ΔW) / ‖W + ΔW‖ − W, with lengths of rows, or, in older files, of the input channels. */
function withMagnitude(delta: MatrixLike, magnitude: HostTensor, context: UpdateContext): MatrixLike {
  const weight = baseWeight(context);
  const [rows, columns] = sizes(weight);
  const sum = combined(weight, delta, (one, other) => one + other);
  const isByRow = magnitude.shape[0] === magnitude.data.length && magnitude.data.length === rows;
  const count = isByRow ? rows : magnitude.data.length;
  const groupOf = (at: number) => (isByRow ? Math.floor(at / columns) : Math.floor((at % columns) / (columns / count)));
  const squares = new Float64Array(count);
  for (let at = 0; at < rows * columns; at++) {
    const group = groupOf(at);
    squares[group] = (squares[group] ?? 0) + (sum.data[at] ?? 0) ** 2;
  }
  // LyCORIS adds float32's epsilon to the lengths.
  const factors = squares.map((square, at) => (magnitude.data[at] ?? 0) / (Math.sqrt(square) + 2 ** -23));
  return {
    shape: weight.shape,
    data: Float64Array.from(sum.data, (value, at) => value * (factors[groupOf(at)] ?? 0) - (weight.data[at] ?? 0)),
  };
}

/** Rᵀ of each block: (I + Q)⁻¹ · (I − Q), Q skew-symmetric, bounded by `constraint` over all blocks; 0: no bound. */
function rotations(
  blocks: HostTensor,
  constraint: number,
): { readonly size: number; transposed(block: number): number[][] } {
  const size = blocks.shape.at(-1) ?? 0;
  const value = (block: number, row: number, column: number) => blocks.data[(block * size + row) * size + column] ?? 0;
  const count = elementCount(blocks.shape) / (size * size);
  let squares = 0;
  for (let block = 0; block < count; block++)
    for (let row = 0; row < size; row++)
      for (let column = 0; column < size; column++)
        squares += (value(block, row, column) - value(block, column, row)) ** 2;
  const norm = Math.sqrt(squares) + 1e-8;
  const factor = constraint > 0 && norm > constraint ? constraint / norm : 1;
  return {
    size,
    transposed(block) {
      const skew = (row: number, column: number) => factor * (value(block, row, column) - value(block, column, row));
      const entries = (sign: 1 | -1) =>
        Array.from({ length: size }, (_, row) =>
          Array.from({ length: size }, (__, column) => Number(row === column) + sign * skew(row, column)),
        );
      return solved(entries(1), entries(-1));
    },
  };
}

/** (R ∘ W) · rescale − W. Sources: LyCORIS functional/diag_oft.py (4.1). */
function diagonalRotation(parts: Parts, context: UpdateContext): MatrixLike {
  const weight = baseWeight(context);
  const { size, transposed } = rotations(part(parts, 'oft_blocks'), (context.alpha ?? 0) * sizes(weight)[0]);
  const rotated = blockwise(weight, size, transposed);
  const rescale = parts.get('rescale');
  return difference(rescale ? rowsTimes(rotated, rescale.data) : rotated, weight);
}

/** Butterfly factors: stage i mixes rows that are 2ⁱ half blocks apart. Source: LyCORIS functional/boft.py (4.1). */
function butterflyRotation(parts: Parts, context: UpdateContext): MatrixLike {
  const weight = baseWeight(context);
  const blocks = part(parts, 'oft_blocks');
  const [stages = 0, count = 0, size = 0] = blocks.shape;
  const { transposed } = rotations(blocks, (context.alpha ?? 0) * sizes(weight)[0]);
  const rotation = (block: number) => {
    const rows = transposed(block);
    return rows.map((_, row) => rows.map((values) => values[row] ?? 0));
  };
  let rotated: MatrixLike = weight;
  for (let stage = 0; stage < stages; stage++) {
    const half = 2 ** stage * (size / 2);
    const place = (row: number) => [Math.floor(row / (2 * half)) * 2 * half, row % (2 * half)] as const;
    const apart = (row: number) => {
      const [start, within] = place(row);
      return start + (within % 2) * half + Math.floor(within / 2);
    };
    const together = (row: number) => {
      const [start, within] = place(row);
      return start + (within % half) * 2 + Math.floor(within / half);
    };
    const mixed = blockwise(reordered(rotated, apart), size, (block) => rotation(stage * count + block));
    rotated = reordered(mixed, together);
  }
  const rescale = parts.get('rescale');
  return difference(rescale ? rowsTimes(rotated, rescale.data) : rotated, weight);
}

const diffKernel = (name: string) => (parts: Parts) => {
  const { shape } = part(parts, name);
  return shape.length > 2 ? shape.slice(1) : null;
};
const tuckerKernel = (channels: string, core: string) => (parts: Parts) => {
  const window = parts.get(core)?.shape.slice(2);
  return window ? [part(parts, channels).shape[1] ?? 0, ...window] : null;
};

/** Kinds of LyCORIS that become plain LoRA, by their names. */
export const foreignKinds = {
  full: {
    label: 'full (diff)',
    needsBase: false,
    kernel: diffKernel('diff'),
    update: (parts) => ({ delta: flattened(part(parts, 'diff')) }),
  },
  'loha-tucker': {
    label: 'LoHa of convolutions (Tucker)',
    needsBase: false,
    kernel: tuckerKernel('w1_b', 't1'),
    update: (parts, context) => ({ delta: hadamard(parts, context) }),
  },
  lora: {
    label: 'LoRA',
    needsBase: false,
    kernel: diffKernel('a'),
    update: (parts, context) => {
      const a = flattened(part(parts, 'a'));
      return { a, b: scaledBy(flattened(part(parts, 'b')), scaleOf(context, sizes(a)[0])) };
    },
  },
  'lokr-tucker': {
    label: 'LoKr of convolutions (Tucker)',
    needsBase: false,
    update: (parts, context) => ({ delta: kroneckerUpdate(parts, context) }),
  },
  lokr: {
    label: 'LoKr',
    needsBase: false,
    update: (parts, context) => ({ delta: kroneckerUpdate(parts, context) }),
  },
  loha: {
    label: 'LoHa',
    needsBase: false,
    update: (parts, context) => ({ delta: hadamard(parts, context) }),
  },
  dora: {
    label: 'DoRA',
    needsBase: true,
    update: (parts, context) => ({ delta: withMagnitude(lowRank(parts, context), part(parts, 'magnitude'), context) }),
  },
  'loha-dora': {
    label: 'LoHa with DoRA',
    needsBase: true,
    update: (parts, context) => ({ delta: withMagnitude(hadamard(parts, context), part(parts, 'magnitude'), context) }),
  },
  'lokr-dora': {
    label: 'LoKr with DoRA',
    needsBase: true,
    update: (parts, context) => ({
      delta: withMagnitude(kroneckerUpdate(parts, context), part(parts, 'magnitude'), context),
    }),
  },
  glora: {
    label: 'GLoRA',
    needsBase: true,
    // ΔW = scale · (W·A₁·A₂ + B₁·B₂)
    update(parts, context) {
      const weight = baseWeight(context);
      const [a1, a2, b1, b2] = ['a1', 'a2', 'b1', 'b2'].map((name) => flattened(part(parts, name)));
      if (!a1 || !a2 || !b1 || !b2) throw new Error('part gives a tensor');
      const scale = scaleOf(context, sizes(a2)[0]);
      const [, width] = sizes(a2);
      const [, columns] = sizes(weight);
      if (width === columns) return { a: above(a2, b2), b: scaledBy(beside(matmul(weight, a1), b1), scale) };
      const delta = combined(channelsTimes(weight, matmul(a1, a2)), matmul(b1, b2), (one, other) => one + other);
      return { delta: scaledBy(delta, scale) };
    },
  },
  ia3: {
    label: '(IA)³',
    needsBase: true,
    update(parts, context) {
      const weight = baseWeight(context);
      const factors = part(parts, 'weight').data;
      if (Number(part(parts, 'on_input').data[0]) === 0) return { delta: rowsTimes(weight, factors) };
      const [, columns] = sizes(weight);
      const width = columns / factors.length;
      return {
        delta: {
          shape: weight.shape,
          data: Float64Array.from(
            weight.data,
            (value, at) => value * (factors[Math.floor((at % columns) / width)] ?? 0),
          ),
        },
      };
    },
  },
  'diag-oft': {
    label: 'diag-OFT',
    needsBase: true,
    update: (parts, context) => ({ delta: diagonalRotation(parts, context) }),
  },
  boft: {
    label: 'BOFT',
    needsBase: true,
    update: (parts, context) => ({ delta: butterflyRotation(parts, context) }),
  },
  tlora: {
    label: 'T-LoRA',
    needsBase: true,
    // ΔW = scale · (P·λ·Q − P₀·λ₀·Q₀); LyCORIS takes the start from the base's leading singular values, which no file has.
    update(parts, context) {
      const [q, p, lambda] = [part(parts, 'q'), part(parts, 'p'), part(parts, 'lambda')];
      const rank = q.shape[0] ?? 1;
      const scale = scaleOf(context, rank);
      const { u, s, vt } = truncatedSvd(baseWeight(context), rank);
      const start = rowsTimes(
        vt,
        Float64Array.from(s, (value) => -value),
      );
      return {
        a: above(rowsTimes(flattened(q), lambda.data), start),
        b: scaledBy(beside(flattened(p), u), scale),
      };
    },
  },
} as const satisfies Record<string, ForeignKind>;
export type ForeignKindId = keyof typeof foreignKinds;
