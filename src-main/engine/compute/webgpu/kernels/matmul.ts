import type * as tf from '@tensorflow/tfjs-core';
import { flag, number, real, size } from '../../kernel-inputs.ts';
import type { GpuProgram } from '../program.ts';
import type { ProgramRunner } from '../program-runner.ts';
import type { GpuKernel } from './kernel.ts';
import { columnsOf, type MatmulForm, matmulProgram, rowsOf } from './matmul-program.ts';
import { matmulTile } from './matmul-tiles.ts';

/** As `MatmulOptions` of the operation. */
export interface GpuMatmul {
  readonly a: tf.TensorInfo;
  readonly b: tf.TensorInfo;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly scale?: number;
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
  const {
    a,
    b,
    transposeA = false,
    transposeB = false,
    scale = 1,
    bias,
    addend,
    multiplier,
    second,
    rows,
    into,
  } = given;
  const k = size(a, transposeA ? 0 : 1);
  const [m, n] = [rows?.count ?? size(a, transposeA ? 1 : 0), size(b, transposeB ? 0 : 1)];
  if (k !== size(b, transposeB ? 1 : 0)) throw new Error(`a product of ${m} × ${k} by ${size(b, 0)} × ${size(b, 1)}`);
  const y = into?.y ?? gpu.output([m, n]);
  const tile = matmulTile(m, n, k);
  const operands = second ? [a, b, second.a, second.b] : [a, b];
  const form: MatmulForm = {
    tile,
    transposeA,
    transposeB,
    encoding: gpu.encodingOf(b)?.encoding ?? null,
    second: second ? { transposeB: second.transposeB } : null,
    hasBias: bias !== undefined,
    hasAddend: addend !== undefined,
    hasMultiplier: multiplier !== undefined,
    // One for all: a program takes a driver its time to make. Sums of a·bᵀ are stored one by one, whatever their number.
    isAligned: (transposeB || n % 4 === 0) && operands.every((operand) => size(operand, 1) % 4 === 0),
  };
  const [k2, scale2] = second ? [size(second.a, 1), second.scale] : [0, 0];
  gpu.run(programOf(form), {
    reads: [...operands, bias, addend, multiplier].filter((tensor) => tensor !== undefined),
    writes: [y],
    uniforms: [m, n, k, k2, rows?.first ?? 0, into?.firstRow ?? 0, scale, scale2],
    workgroups: [Math.ceil(n / columnsOf(tile)), Math.ceil(m / rowsOf(tile)), 1],
  });
  return y;
}

export const matmul: GpuKernel = {
  name: 'CotoMatmul',
  run: (gpu, inputs, attributes) => {
    const optional = (name: string) => (inputs[name] === undefined ? undefined : real(inputs, name));
    const [a2, b2] = [optional('a2'), optional('b2')];
    const second = a2 &&
      b2 && { a: a2, b: b2, transposeB: flag(attributes, 'transposeB2'), scale: number(attributes, 'scale2') };
    return gpuMatmul(gpu, {
      a: real(inputs, 'a'),
      b: real(inputs, 'b'),
      transposeA: flag(attributes, 'transposeA'),
      transposeB: flag(attributes, 'transposeB'),
      scale: number(attributes, 'scale'),
      bias: optional('bias'),
      addend: optional('addend'),
      multiplier: optional('multiplier'),
      ...(second ? { second } : {}),
    });
  },
};
