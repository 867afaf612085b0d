import type * as tf from '@tensorflow/tfjs-core';
import {
  flag,
  type KernelAttributes,
  type KernelInputs,
  number,
  optionalReal,
  real,
  size,
} from '../../kernel-inputs.ts';
import type { GpuWork } from '../joined-program.ts';
import { type ProductPath, plainPath } from '../product-paths.ts';
import type { GpuProgram } from '../program.ts';
import type { ProgramRunner } from '../program-runner.ts';
import type { GpuKernel } from './kernel.ts';
import type { MatmulForm } from './matmul-form.ts';
import { matmulProgram } from './matmul-program.ts';
import { columnsOf, isSkinny, type MatmulTile, matmulTile, rowsOf } from './matmul-tiles.ts';
import { subgroupTile } from './subgroup-matmul-program.ts';

/** Counterpart of the operation's `MatmulOptions`. */
export interface GpuMatmul {
  readonly a: tf.TensorInfo;
  readonly b: tf.TensorInfo;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly scale?: number;
  /** Multiplies the columns of a as it is stored. */
  readonly columnScale?: tf.TensorInfo | undefined;
  /** b is W ∘ (1 + scale · B·A), or with `updateOnly` without the 1, of W [out, in] that is given as b. */
  readonly factored?: {
    /** [r, in] */
    readonly a: tf.TensorInfo;
    /** [out, r] */
    readonly b: tf.TensorInfo;
    readonly scale: number;
    readonly updateOnly: boolean;
  };
  /** [columns]: multiplies the products before all that is added. They are stored without it too, as a second result. */
  readonly gain?: tf.TensorInfo | undefined;
  readonly bias?: tf.TensorInfo | undefined;
  readonly addend?: tf.TensorInfo | undefined;
  readonly multiplier?: tf.TensorInfo | undefined;
  readonly second?: {
    readonly a: tf.TensorInfo;
    readonly b: tf.TensorInfo;
    readonly transposeB: boolean;
    readonly scale: number;
  };
  /** Only these rows of a (not transposed). Default all. */
  readonly rows?: { readonly first: number; readonly count: number };
  /** Written from its row `firstRow` on instead of a new tensor. */
  readonly into?: { readonly y: tf.TensorInfo; readonly firstRow: number };
  /** By as many invocations a workgroup as other products that may be in the same dispatch. */
  readonly isJoined?: boolean;
  /** Computed so, whatever was chosen for b. */
  readonly path?: ProductPath;
}

/** A product that is still to be run. */
interface PlannedMatmul {
  readonly work: GpuWork;
  readonly y: tf.TensorInfo;
  /** Products before the gain, if there is one. */
  readonly product: tf.TensorInfo | null;
}

const programs = new Map<string, GpuProgram>();

function programOf(form: MatmulForm): GpuProgram {
  const key = JSON.stringify({ ...form, tile: form.tile.name });
  const known = programs.get(key) ?? matmulProgram(form);
  programs.set(key, known);
  return known;
}

/** The product with all that is fused into it, in one dispatch. */
export function gpuMatmul(gpu: ProgramRunner, given: GpuMatmul): tf.TensorInfo {
  const { work, y } = plannedMatmul(gpu, given);
  gpu.run(work.program, work.given);
  return y;
}

export function plannedMatmul(gpu: ProgramRunner, given: GpuMatmul): PlannedMatmul {
  const { a, b, transposeA = false, transposeB = false, scale = 1, columnScale, factored, second, rows, into } = given;
  const { gain, bias, addend, multiplier } = given;
  const k = size(a, transposeA ? 0 : 1);
  const [m, n] = [rows?.count ?? size(a, transposeA ? 1 : 0), size(b, transposeB ? 0 : 1)];
  if (k !== size(b, transposeB ? 1 : 0)) throw new Error(`a product of ${m} × ${k} by ${size(b, 0)} × ${size(b, 1)}`);
  const y = into?.y ?? gpu.output([m, n]);
  const product = gain === undefined ? null : gpu.output([m, n]);
  const path = isSkinny(m, n) || transposeA || factored?.updateOnly ? plainPath : (given.path ?? gpu.products.of(b));
  const tile = tileOf(path, matmulTile(m, n, k, given.isJoined));
  const operands = second ? [a, b, second.a, second.b] : [a, b];
  const encoding = gpu.encodingOf(b)?.encoding ?? null;
  const form: MatmulForm = {
    tile,
    // A product by a weight [out, in] goes forward, one by its transpose back.
    rounded: path.isRounded ? (transposeB ? 'values' : 'gradients') : null,
    matrices: path.matrices,
    transposeA,
    transposeB,
    encoding,
    hasColumnScale: columnScale !== undefined,
    factored: factored ? { updateOnly: factored.updateOnly, isInFours: size(factored.b, 1) % 4 === 0 } : null,
    second: second ? { transposeB: second.transposeB } : null,
    hasGain: gain !== undefined,
    hasBias: bias !== undefined,
    hasAddend: addend !== undefined,
    hasMultiplier: multiplier !== undefined,
    multiplierEncoding: (encoding === null && multiplier && gpu.encodingOf(multiplier)?.encoding) || null,
    // One for all: a program takes a driver its time to make. Sums of a·bᵀ are stored one by one, whatever their number.
    isAligned: (transposeB || n % 4 === 0) && operands.every((operand) => size(operand, 1) % 4 === 0),
  };
  const [k2, scale2] = second ? [size(second.a, 1), second.scale] : [0, 0];
  const ofFactors = factored ? [size(factored.b, 1), factored.scale] : [];
  const reads = [a, columnScale, b, factored?.a, factored?.b, second?.a, second?.b, gain, bias, addend, multiplier];
  const work: GpuWork = {
    program: programOf(form),
    given: {
      reads: reads.filter((tensor) => tensor !== undefined),
      writes: product === null ? [y] : [y, product],
      uniforms: [m, n, k, k2, rows?.first ?? 0, into?.firstRow ?? 0, scale, scale2, ...ofFactors],
      workgroups: [Math.ceil(n / columnsOf(tile)), Math.ceil(m / rowsOf(tile)), 1],
    },
  };
  return { work, y, product };
}

/** Subgroups have their own; one of invocations is twice as deep where values take half of a workgroup's memory. */
function tileOf({ isRounded, matrices }: ProductPath, tile: MatmulTile): MatmulTile {
  if (matrices !== null) return subgroupTile(matrices);
  return isRounded ? { ...tile, name: `${tile.name}_deep`, depth: 2 * tile.depth } : tile;
}

/** Returns the inputs for the steps after a kernel's product, if given. */
export function afterProduct(inputs: KernelInputs): Pick<GpuMatmul, 'bias' | 'addend' | 'multiplier'> {
  return {
    bias: optionalReal(inputs, 'bias'),
    addend: optionalReal(inputs, 'addend'),
    multiplier: optionalReal(inputs, 'multiplier'),
  };
}

function run(gpu: ProgramRunner, inputs: KernelInputs, attributes: KernelAttributes): tf.TensorInfo {
  const [a2, b2] = [optionalReal(inputs, 'a2'), optionalReal(inputs, 'b2')];
  const second = a2 &&
    b2 && { a: a2, b: b2, transposeB: flag(attributes, 'transposeB2'), scale: number(attributes, 'scale2') };
  return gpuMatmul(gpu, {
    a: real(inputs, 'a'),
    b: real(inputs, 'b'),
    transposeA: flag(attributes, 'transposeA'),
    transposeB: flag(attributes, 'transposeB'),
    scale: number(attributes, 'scale'),
    columnScale: optionalReal(inputs, 'columnScale'),
    ...afterProduct(inputs),
    ...(second ? { second } : {}),
  });
}

export const matmulKernels: readonly GpuKernel[] = ['CotoMatmul', 'CotoColumnScaledMatmul'].map((name) => ({
  name,
  run,
}));
