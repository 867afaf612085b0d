import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkModelHead, describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../../../src-main/engine/models/huggingface/model-weights.ts';
import { writeModelWeights } from '../../../../src-main/engine/models/huggingface/write-model.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { goldenPath, taken } from '../../golden.ts';

const scratch = mkdtempSync(join(tmpdir(), 'coto-experts-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Tensors = Map<string, HostTensor>;

/** A copy of a golden base whose tensors and config are changed. */
async function changedBase(
  family: string,
  change: (tensors: Tensors) => Tensors,
  config: (keys: Record<string, unknown>) => void = () => {},
): Promise<string> {
  const folder = mkdtempSync(join(scratch, `${family}-`));
  cpSync(goldenPath(family, 'base'), folder, { recursive: true });
  const file = join(folder, 'model.safetensors');
  await writeSafetensors(file, change(await readSafetensors(file)));
  const keys: Record<string, unknown> = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  config(keys);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(keys));
  return folder;
}

/** Mixtral's experts as transformers 5 has them in memory: one tensor for all of a layer. */
function fuse(tensors: Tensors): Tensors {
  const fused: Tensors = new Map();
  for (const [name, tensor] of tensors) if (!name.includes('.experts.')) fused.set(today(name), tensor);
  for (let layer = 0; layer < 3; layer++) {
    const part = (expert: number, own: string) =>
      taken(tensors, `model.layers.${layer}.block_sparse_moe.experts.${expert}.${own}.weight`).data;
    const all = (names: readonly string[]) =>
      Float32Array.from([0, 1, 2, 3].flatMap((expert) => names.flatMap((own) => [...part(expert, own)].map(Number))));
    const module = `model.layers.${layer}.mlp.experts`;
    fused.set(`${module}.gate_up_proj`, { shape: [4, 80, 24], data: all(['w1', 'w3']) });
    fused.set(`${module}.down_proj`, { shape: [4, 24, 40], data: all(['w2']) });
  }
  return fused;
}

const today = (name: string) => name.replace('block_sparse_moe', 'mlp');

/** Every tensor of a base by its name in the studio. */
async function valuesOf(folder: string): Promise<Map<string, number[]>> {
  const weights = await openModelWeights(folder);
  const values = new Map<string, number[]>();
  for (const name of weights.names.toSorted()) values.set(name, [...(await weights.read(name)).data].map(Number));
  await weights.close();
  return values;
}

it('reads experts stored as linears and as one tensor alike', async () => {
  expect(await valuesOf(await changedBase('mixtral', fuse))).toEqual(await valuesOf(goldenPath('mixtral', 'base')));
});

it('reads experts of shards as those of one file', async () => {
  const folder = mkdtempSync(join(scratch, 'shards-'));
  const source = goldenPath('gpt-oss', 'base', 'model.safetensors');
  const tensors = [...(await readSafetensors(source))].map(([name, tensor]) => ({
    ...{ name, dtype: 'F32' as const, shape: tensor.shape },
    make: async () => tensor,
  }));
  await writeModelWeights(folder, tensors, 50_000);
  expect(await valuesOf(folder)).toEqual(await valuesOf(goldenPath('gpt-oss', 'base')));
});

describe.each(['mixtral', 'qwen3-moe', 'gpt-oss', 'fused mixtral'])('%s', (family) => {
  it('is written in the form of its files', async () => {
    const folder = family.startsWith('fused') ? await changedBase('mixtral', fuse) : goldenPath(family, 'base');
    const weights = await openModelWeights(folder);
    const tensors = weights.names.map((name) => ({
      ...{ name, dtype: 'F32' as const, shape: weights.info(name).shape },
      make: () => weights.read(name),
    }));
    const written = mkdtempSync(join(scratch, 'written-'));
    await writeModelWeights(written, weights.storedForm?.(tensors) ?? tensors);
    await weights.close();
    const expected = await readSafetensors(join(folder, 'model.safetensors'));
    const actual = await readSafetensors(join(written, 'model.safetensors'));
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, tensor] of expected) expect(actual.get(name), name).toEqual(tensor);
  });
});

describe('a broken mixture is refused in one sentence', () => {
  const w1 = 'model.layers.1.block_sparse_moe.experts.2.w1.weight';
  const without = (name: string) => (tensors: Tensors) => {
    tensors.delete(name);
    return tensors;
  };

  it.each<[string, (tensors: Tensors) => Tensors, RegExp]>([
    ['a missing expert', without(w1), /lacks the tensor "model\.layers\.1\.mlp\.experts\.2\.gate_up_proj\.weight"/],
    [
      'half an expert',
      without(w1.replace('w1', 'w3')),
      /lacks the tensor "model\.layers\.1\..*\.experts\.2\.w3\.weight"/,
    ],
    [
      'a missing router',
      without('model.layers.0.block_sparse_moe.gate.weight'),
      /lacks the tensor "model\.layers\.0\.mlp\.gate\.weight"/,
    ],
    [
      'experts of unequal shapes',
      (tensors) => tensors.set(w1, { shape: [39, 24], data: new Float32Array(39 * 24) }),
      /"model\.layers\.1.*\.w1\.weight" \[39, 24\] and ".*\.w3\.weight" \[40, 24\] differ in shape/,
    ],
    [
      'an expert of another shape',
      (tensors) => tensors.set(w1.replace('w1', 'w2'), { shape: [24, 39], data: new Float32Array(39 * 24) }),
      /"model\.layers\.1\.mlp\.experts\.2\.down_proj\.weight" has shape \[24, 39\] where config\.json asks for \[24, 40\]/,
    ],
    [
      'one expert too many',
      (tensors) => tensors.set(w1.replace('s.2', 's.4'), { shape: [40, 24], data: new Float32Array(960) }),
      /experts\.4\.w3\.weight|experts\.4\.gate_up_proj\.weight" is unknown/,
    ],
  ])('%s', async (_, change, message) => {
    const refusal = await refused(await changedBase('mixtral', change));
    expect(refusal.message).toMatch(message);
  });

  it.each<[string, string, unknown, RegExp]>([
    ['mixtral', 'num_experts_per_tok', 5, /num_experts_per_tok is 5, but only a number up to num_local_experts \(4\)/],
    ['mixtral', 'output_router_logits', true, /output_router_logits is true/],
    ['mixtral', 'num_local_experts', 5, /lacks the tensor "model\.layers\.0\.mlp\.experts\.4\.gate_up_proj\.weight"/],
    ['qwen3-moe', 'mlp_only_layers', [], /lacks the tensor "model\.layers\.0\.mlp\.experts/],
    ['gpt-oss', 'num_experts_per_tok', 0, /num_experts_per_tok/],
    ['gpt-oss', 'layer_types', ['chunked_attention'], /layer_types is "chunked_attention"/],
  ])('%s with %s = %j', async (family, key, value, message) => {
    const folder = await changedBase(
      family,
      (tensors) => tensors,
      (keys) => {
        keys[key] = value;
      },
    );
    expect((await refused(folder)).message).toMatch(message);
  });
});

it.each(['gptq', 'awq', 'fp8', 'compressed-tensors', 'hqq'])(
  'refuses weights in %s by config.json alone',
  async (method) => {
    const folder = mkdtempSync(join(scratch, 'quantized-'));
    const config: object = JSON.parse(readFileSync(goldenPath('mixtral', 'base', 'config.json'), 'utf8'));
    const quantized = { ...config, quantization_config: { quant_method: method, bits: 4 } };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(quantized));
    await expect(checkModelHead(folder, new Map())).rejects.toThrow(
      `the weights are quantized with ${method.toUpperCase()} (quantization_config.quant_method), which is not supported.`,
    );
  },
);

async function refused(folder: string): Promise<StudioError> {
  const thrown: unknown = await describeModel(folder).then(
    () => null,
    (error) => error,
  );
  if (!(thrown instanceof StudioError)) throw new Error(`expected a refusal, got ${String(thrown)}`);
  return thrown;
}
