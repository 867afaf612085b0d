import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { differentiated } from '../../../src-main/bench/conformance/differentiated.ts';
import { get, multiply, transpose } from '../../../src-main/bench/conformance/reference.ts';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { adapterVariant } from '../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { NativeBackend } from '../../../src-main/engine/compute/native/backend.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { measureNativeGemm, nativeBackend } from '../../../src-main/engine/compute/native.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { attention } from '../../../src-main/engine/ops/attention/attention.ts';
import { as2D } from '../../../src-main/engine/ops/autograd/operation.ts';
import { rowBlocks } from '../../../src-main/engine/ops/indexing/row-blocks.ts';
import { type MatmulOptions, matmul } from '../../../src-main/engine/ops/linear/matmul.ts';
import { AdamW } from '../../../src-main/engine/optimizers/adamw.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { smallParameters } from '../adapters/small-parameters.ts';
import { classBatch } from '../batches.ts';
import { goldenPath, relativeDifference } from '../golden.ts';

const loaded = loadAddon();
const hasBfloat16 = nativeBackend.bfloat16?.isAvailable() === true;

describe.skipIf(!('addon' in loaded))('the native backend', () => {
  beforeAll(async () => {
    await activateCompute('native');
  });
  afterEach(async () => {
    await activateCompute('native');
  });

  it.each(['lora', 'dora', 'hira'])(
    'trains %s to the same bits in repeats and at any number of threads',
    async (variant) => {
      const [once, again] = [await train(6, variant), await train(6, variant)];
      expect(again.factors).toEqual(once.factors);
      for (const threads of [1, 2, 3]) {
        await activateCompute('native', threads);
        expect((await train(6, variant)).factors).toEqual(once.factors);
      }
    },
  );

  it.each([3, 70])('multiplies %i rows by a vocabulary of one more than a whole number of parts', (rows) => {
    const [vocabulary, hidden] = [16_385, 64];
    const random = RandomStream.seeded(3, 'study');
    const normal = (shape: [number, number]) =>
      tf.tensor2d(
        Float32Array.from({ length: shape[0] * shape[1] }, () => random.normal()),
        shape,
      );
    for (const transposeB of [true, false]) {
      const x = normal([rows, hidden]);
      const weight = normal(transposeB ? [vocabulary, hidden] : [hidden, vocabulary]);
      const product = (frozen: boolean) => tf.tidy(() => matmul(x, weight, { transposeB, frozen }).dataSync());
      expect(relativeDifference(product(true), product(false))).toBeLessThan(1e-5);
      tf.dispose([x, weight]);
    }
  });

  // The build for AddressSanitizer frees every block at once.
  it.skipIf(process.env['COTO_TEST_CHECKED_MEMORY'] !== undefined).each(['lora', 'dora', 'hira'])(
    'allocates nothing anew in a steady step with %s, and keeps no byte from step to step',
    async (variant) => {
      const { memories } = await train(6, variant);
      const steady = memories.slice(2);
      expect(new Set(steady.map(({ liveBytes }) => liveBytes)).size).toBe(1);
      expect(new Set(steady.map(({ tensors }) => tensors)).size).toBe(1);
      expect(new Set(steady.map(({ misses }) => misses)).size).toBe(1);
      expect(
        get(
          memories.map(({ misses }) => misses),
          0,
        ),
      ).toBeGreaterThan(0);
    },
  );

  it('gives back what a frozen weight was packed into', () => {
    const before = memory().liveBytes;
    const [a, b] = [normal([300, 40], 1), normal([50, 40], 2)];
    const own = memory().liveBytes;
    matmul(a, b, { transposeB: true, frozen: true }).dispose();
    const packed = memory().liveBytes;
    expect(packed).toBeGreaterThan(own);
    matmul(a, b, { transposeB: true, frozen: true }).dispose();
    expect(memory().liveBytes).toBe(packed);
    tf.dispose([a, b]);
    expect(memory().liveBytes).toBe(before);
  });

  it('gives rows of a matrix without a copy, which live as long as they are used', () => {
    const { tensors } = memory();
    const whole = normal([300, 40], 1);
    const copy = tf.slice(whole, [100, 0], [7, 40]);
    const { liveBytes } = memory();
    const [before, rows, behind] = rowBlocks(as2D(whole), [100, 7, 193]);
    expect(memory().liveBytes).toBe(liveBytes);
    tf.dispose([whole, before, behind].flatMap((tensor) => tensor ?? []));
    // The matrix is held by its rows alone.
    expect(memory().liveBytes).toBe(liveBytes);
    expect(rows?.dataSync()).toEqual(copy.dataSync());
    tf.dispose([copy, rows].flatMap((tensor) => tensor ?? []));
    expect(memory().tensors).toBe(tensors);
  });

  it('says that memory is short with a way out, and goes on afterwards', () => {
    if (!('addon' in loaded)) return;
    loaded.addon.trim();
    loaded.addon.setMemoryLimit(memory().heldBytes + 1_000_000);
    const error = thrown(() => tf.zeros([1000, 1000]));
    expect(error).toBeInstanceOf(StudioError);
    expect(error).toMatchObject({ code: 'out_of_memory', hint: expect.stringContaining('batch size') });
    const kernel = thrown(() => tf.tidy(() => tf.tile(tf.zeros([10, 10]), [100, 100])));
    expect(kernel).toMatchObject({ code: 'out_of_memory' });
    loaded.addon.setMemoryLimit(0);
    expect(tf.tidy(() => tf.sum(tf.ones([1000, 1000])).dataSync()[0])).toBe(1_000_000);
  });

  it('does not pile up memory for shapes that are gone', () => {
    for (let size = 1; size <= 60; size++) tf.zeros([size, 100_000]).dispose();
    const { heldBytes, peakBytes } = memory();
    expect(heldBytes).toBeLessThan(1.3 * peakBytes + 64 * 1024 * 1024);
  });

  it.each([
    [700, 96, 80],
    [8, 1500, 40],
    [33, 64, 300],
    // Rows of the packed weight are padded where the library keeps it without blocks, as for AVX2.
    [130, 48, 512],
    // A vocabulary's, as outputs and as inputs.
    [67, 24, 16_500],
    [9, 16_400, 140],
  ])(
    'computes %i × %i × %i, in every orientation and with all that may be added, as double precision does',
    (m, k, n) => {
      const [a, b] = [normal([m, k], 3), normal([k, n], 4)];
      const [bias, addend, multiplier] = [normal([n], 5), normal([m, n], 6), normal([m, n], 7)];
      const [a2, b2] = [normal([m, 5], 8), normal([5, n], 9)];
      const first = multiply(values(a), values(b), m, k, n);
      const tripled = first.map((value) => 3 * value);
      const second = multiply(values(a2), values(b2), m, 5, n);
      const [row, added, factors] = [values(bias), values(addend), values(multiplier)];
      const expected = first.map(
        (value, index) =>
          (0.5 * value + get(row, index % n) + get(added, index) - 2 * get(second, index)) * get(factors, index),
      );
      for (const transposeA of [false, true])
        for (const transposeB of [false, true])
          for (const frozen of [false, true]) {
            // Only frozen weights are partitioned, and a million values take their time here.
            if (m * n > 1_000_000 && (transposeA || !frozen)) continue;
            const of = (options: MatmulOptions) =>
              tf.tidy(() =>
                matmul(turned(a, transposeA), turned(b, transposeB), {
                  transposeA,
                  transposeB,
                  frozen,
                  ...options,
                }).dataSync(),
              );
            const all = of({ scale: 0.5, bias, addend, multiplier, also: { a: a2, b: b2, scale: -2 } });
            expect(relativeDifference(all, expected)).toBeLessThan(3e-6);
            expect(relativeDifference(of({ scale: 3 }), tripled)).toBeLessThan(3e-6);
          }
      tf.dispose([a, b, bias, addend, multiplier, a2, b2]);
    },
  );

  it.skipIf(!hasBfloat16).each([
    [130, 64, 70],
    [70, 24, 16_500],
    [9, 16_400, 140],
  ])('rounds the operands of a bfloat16 product of %i × %i × %i to 8 bits, and sums in float32', (m, k, n) => {
    const [a, weight] = [normal([m, k], 10), normal([n, k], 11)];
    const options = { transposeB: true, frozen: true, bfloat16: true };
    const actual = tf.tidy(() => matmul(a, weight, options).dataSync());
    const rounded = transpose(values(weight).map(toBfloat16), n, k);
    expect(relativeDifference(actual, multiply(values(a).map(toBfloat16), rounded, m, k, n))).toBeLessThan(2e-6);
    const whole = multiply(values(a), transpose(values(weight), n, k), m, k, n);
    expect(relativeDifference(actual, whole)).toBeGreaterThan(1e-4);
    tf.dispose([a, weight]);
  });

  it.skipIf(!hasBfloat16)('multiplies few rows by a large weight in bfloat16 as it does many', () => {
    const [a, weight, bias] = [normal([3, 301], 12), normal([500, 301], 13), normal([500], 14)];
    const options = { transposeB: true, frozen: true, bfloat16: true, bias };
    const actual = tf.tidy(() => matmul(a, weight, options).dataSync());
    const rounded = transpose(values(weight).map(toBfloat16), 500, 301);
    const expected = multiply(values(a), rounded, 3, 301, 500).map(
      (value, index) => value + (values(bias)[index % 500] ?? 0),
    );
    // The machine decides if the rows themselves are rounded.
    expect(relativeDifference(actual, expected)).toBeLessThan(4e-3);
    const whole = multiply(values(a), transpose(values(weight), 500, 301), 3, 301, 500);
    expect(relativeDifference(actual, whole)).toBeGreaterThan(1e-4);
    tf.dispose([a, weight, bias]);
  });

  it('rounds the operands of attention in bfloat16 where the processor multiplies pairs of them fast', () => {
    const sizes = { batch: 2, tokens: 40, heads: 4, keyValueHeads: 2, causal: true };
    const [q, k, v] = [as2D(normal([80, 64], 15)), as2D(normal([80, 32], 16)), as2D(normal([80, 32], 17))];
    const dy = normal([80, 64], 18);
    const attended = (bfloat16: boolean) => {
      const { value, gradients } = differentiated(() => attention(q, k, v, { ...sizes, bfloat16 }), [q, k, v], dy);
      const read = [value, ...gradients].map(values);
      tf.dispose([value, ...gradients]);
      return read;
    };
    const [rounded, exact] = [attended(true), attended(false)];
    const isRounded = 'addon' in loaded && /kernels avx512_(bf16|amx)/.test(loaded.addon.describe());
    for (const [index, value] of rounded.entries()) {
      const difference = relativeDifference(value, exact[index] ?? []);
      expect(difference).toBeLessThan(2e-2);
      if (isRounded) expect(difference).toBeGreaterThan(1e-4);
      else expect(difference).toBe(0);
    }
    tf.dispose([q, k, v, dy]);
  });

  it.skipIf(!hasBfloat16)('takes bfloat16 only where it was timed to be faster', () => {
    const { float32, bfloat16 } = measureNativeGemm();
    expect(float32).toBeGreaterThan(0);
    expect(nativeBackend.bfloat16?.isFaster()).toBe(bfloat16 >= 1.15 * float32);
  });

  it('fetches a tensor that another backend made', async () => {
    await activateCompute('wasm');
    const foreign = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    await activateCompute('native');
    expect([...tf.tidy(() => tf.matMul(foreign, foreign).dataSync())]).toEqual([7, 10, 15, 22]);
    expect([...foreign.dataSync()]).toEqual([1, 2, 3, 4]);
    foreign.dispose();
  });
});

interface Training {
  readonly factors: ReadonlyMap<string, ArrayLike<number>>;
  readonly memories: readonly ReturnType<typeof memory>[];
}

/** Some steps of a small ViT. */
async function train(steps: number, variant: string): Promise<Training> {
  const base = await loadBaseModel(goldenPath('vit', 'base'));
  const model = new AdaptedModel(base);
  const parameters = smallParameters(adapterVariant(variant).declaration);
  const settings = adapterSettingsSchema.parse({ variant, target_modules: ['q_proj', 'v_proj'], parameters });
  await model.createAdapter(settings, {
    random: RandomStream.seeded(42, 'initialization'),
    labels: base.description.labels,
  });
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 });
  const step = new TrainingStep(model, optimizer, 1);
  const random = RandomStream.seeded(7, 'data');
  const data = Float32Array.from({ length: 48 * 3 * 16 * 16 }, () => random.normal());
  const labels = Int32Array.from({ length: 48 }, () => random.integer(base.description.labels.length));
  const batch = classBatch({ pixel_values: { shape: [48, 3, 16, 16], data } }, labels);
  const memories: ReturnType<typeof memory>[] = [];
  for (let count = 0; count < steps; count++) {
    await step.run([batch], 0.01, new Set());
    memories.push(memory());
  }
  const factors = new Map([...model.trainable()].map(([name, variable]) => [name, variable.dataSync()]));
  optimizer.dispose();
  model.dispose();
  base.dispose();
  return { factors, memories };
}

function memory() {
  const backend = tf.backend();
  if (!(backend instanceof NativeBackend)) throw new Error('tfjs does not run on the native backend');
  return backend.nativeMemory();
}

function normal(shape: readonly number[], seed: number): tf.Tensor {
  const random = RandomStream.seeded(seed, 'study');
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.normal()),
    [...shape],
  );
}

function values(tensor: tf.Tensor): readonly number[] {
  return Array.from(tensor.dataSync());
}

function turned(x: tf.Tensor, transposed: boolean): tf.Tensor {
  return transposed ? tf.transpose(x) : x;
}

/** To the nearest number with 8 bits of significand, ties to even. */
function toBfloat16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
  const rounded = ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) << 16;
  return new Float32Array(Uint32Array.of(rounded).buffer)[0] ?? Number.NaN;
}

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return null;
}
