import { describe, expect, it } from 'vitest';
import {
  estimateMemory,
  largestTensorBytes,
  type StepShape,
  weightsStayEncoded,
} from '../../../src-main/backend/runs/estimate-memory.ts';
import { adapterMemory } from '../../../src-main/engine/adapters/inspect/adapter-memory.ts';
import { adapterVariant } from '../../../src-main/engine/adapters/variants/index.ts';
import { type LinearModule, type ModelDescription, plainLinear } from '../../../src-shared/domain/models/model.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';

const linear = (name: string, layer: number | null, inFeatures: number, outFeatures: number): LinearModule => ({
  name,
  layer,
  isHead: layer === null,
  aliases: [],
  checkpointKey: name,
  ...plainLinear,
  inFeatures,
  outFeatures,
  hasBias: false,
});
const small = linear('small', 0, 256, 256);
const large = linear('large', 0, 256, 1024);
const head = linear('head', null, 256, 4096);

function shapeOf(variant: string, description: Partial<ModelDescription>, given: Partial<StepShape> = {}): StepShape {
  const kind = adapterVariant(variant);
  return {
    description: {
      ...{ family: 'made', architecture: 'made', kind: 'causal-lm', parameterCount: 2 ** 21, sizeBytes: 2 ** 22 },
      ...{ dtype: 'BF16', layerCount: 1, hiddenSize: 256, labels: [], image: null, text: null, fingerprint: '' },
      linears: [small, large, head],
      ...description,
    },
    memory: { inputs: () => [], layer: () => ({ input: 0, kept: [], working: [] }), head: () => [] },
    adapters: adapterMemory(kind, checkedParameters(kind.declaration, { r: 8 }), [small, large]),
    ...{ trained: [], fixed: [], optimizer: [], outputs: 1, batch: 1 },
    ...{
      gradientCheckpointing: false,
      halvedStates: false,
      halfProducts: false,
      int8Products: false,
      backend: 'native',
    },
    ...given,
  };
}

function partsOf(...given: Parameters<typeof shapeOf>): Map<string, number> {
  return new Map(estimateMemory(shapeOf(...given)).map(({ part, bytes }) => [part, bytes]));
}

describe('the estimate of memory', () => {
  it("packs a language model's head for its product and once more for its gradient, in decoded weights", () => {
    const [whole, without] = [partsOf('lora', {}), partsOf('lora', { linears: [small, large] })];
    expect((whole.get('weights') ?? 0) - (without.get('weights') ?? 0)).toBe(2 * 4 * 256 * 4096);
    const classifier = partsOf('lora', { kind: 'text-classification' });
    expect(classifier.get('weights')).toBe(without.get('weights'));
  });

  it.each([
    ['lora', 0],
    ['dora', 0],
    ['bat', 2],
    ['shira', 4],
  ])('counts the matrices that %s makes of the largest encoded weight: %i', (variant, matrices) => {
    const encoded = partsOf(variant, { dtype: 'Q4_0' });
    const [own = 0, none = 0] = [encoded, partsOf('lora', {})].map((parts) => parts.get('activations'));
    expect(own - none).toBe(matrices * 4 * 256 * 1024);
    expect(encoded.get('weights')).toBe(2 ** 22);
    // A decoded weight is there for as long as the model.
    expect(partsOf(variant, {}).get('activations')).toBe(none);
  });

  it('counts what a card keeps as the checkpoint has it, or rounded to 16 bits, and no packed copies', () => {
    const onCard = (dtype: string, halfProducts = false) =>
      partsOf('lora', { dtype, encodedBytes: 2 ** 23 }, { backend: 'webgpu', halfProducts }).get('weights');
    expect(onCard('BF16')).toBe(2 ** 22);
    expect(onCard('Q4_0')).toBe(2 ** 22);
    expect(onCard('F32')).toBe(4 * 2 ** 21);
    expect(onCard('F32', true)).toBe(2 * 2 ** 21);
  });

  it('takes weights for encoded that a card rounds to 16 bits, as adapters that change the base then find them', () => {
    const model = { parameterCount: 2 ** 21, dtype: 'F32' };
    expect([true, false].map((halfProducts) => weightsStayEncoded(model, 'webgpu', halfProducts))).toEqual([
      true,
      false,
    ]);
    // Packed in bfloat16 beside the weights.
    expect(weightsStayEncoded(model, 'native', true)).toBe(false);
  });

  it('counts the matrices that an adapter makes of weights which a card rounds to 16 bits', () => {
    const made = (halfProducts: boolean) =>
      partsOf('bat', { dtype: 'F32' }, { backend: 'webgpu', halfProducts }).get('activations') ?? 0;
    expect(made(true) - made(false)).toBe(2 * 4 * 256 * 1024);
  });
});

describe('the largest tensor of a step on a card', () => {
  const largest = (variant: string, dtype: string, halfProducts = false) =>
    largestTensorBytes(shapeOf(variant, { dtype }, { backend: 'webgpu', halfProducts }));

  it('is the head, as the card keeps it', () => {
    expect(largest('lora', 'F32')).toBe(4 * 256 * 4096);
    expect(largest('lora', 'F32', true)).toBe(2 * 256 * 4096);
    expect(largest('lora', 'BF16')).toBe(2 * 256 * 4096);
  });

  it('is a matrix that an adapter decodes, where that is larger', () => {
    const without = { linears: [small, large], dtype: 'BF16' };
    const decoded = (variant: string) => largestTensorBytes(shapeOf(variant, without, { backend: 'webgpu' }));
    expect(decoded('lora')).toBe(2 * 256 * 1024);
    expect(decoded('bat')).toBe(4 * 256 * 1024);
  });
});
