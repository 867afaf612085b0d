import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { runQuantizeTask } from '../../../src-main/engine/jobs/quantize.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../../src-main/engine/models/huggingface/model-weights.ts';
import { planQuantization } from '../../../src-main/engine/models/huggingface/quantize-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors, writeSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import type { Quantization } from '../../../src-shared/domain/models/quantization.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { testContext } from './test-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-quantize-'));
beforeAll(() => activateCompute(testCompute));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const llama = fileURLToPath(new URL('../../../assets/models/small-llama', import.meta.url));

async function quantize(source: string, type: Quantization, name: string, context = testContext()) {
  const description = await describeModel(source);
  const outputDirectory = join(folder, name);
  const from = { name: 'the base', fingerprint: description.fingerprint };
  await runQuantizeTask(
    { kind: 'quantize', compute: testCompute, modelDirectory: source, description, type, from, outputDirectory },
    context,
  );
  return { outputDirectory, description };
}

/** The logits of a model on a few tokens. */
async function logits(directory: string) {
  const model = new AdaptedModel(await loadBaseModel(directory));
  const ids = Int32Array.from({ length: 48 }, (_, at) => (at * 131) % 4096);
  const outputs = model.outputs(tensorsOf(new Map([['input_ids', { shape: [2, 24], data: ids }]])));
  const values = Float32Array.from(outputs['logits']?.dataSync() ?? []);
  model.base.dispose();
  return values;
}

describe.each([
  ['nf4', 'NF4', 0.25],
  ['int8', 'INT8', 0.05],
  ['Q8_0', 'Q8_0', 0.05],
  ['Q4_0', 'Q4_0', 0.5],
] as const)('a base quantized to %s', (type, dtype, bound) => {
  it('is a model of the planned size that answers nearly as before, and knows what it was', async () => {
    const events: EngineEvent[] = [];
    const { outputDirectory, description } = await quantize(llama, type, type, testContext(events));
    const made = await describeModel(outputDirectory);
    expect(made).toMatchObject({
      dtype,
      parameterCount: description.parameterCount,
      linears: description.linears,
      quantizedFrom: { name: 'the base', fingerprint: description.fingerprint },
    });
    const weights = await openModelWeights(llama);
    const plan = planQuantization(description, weights);
    await weights.close();
    const planned = plan.choices.find((choice) => choice.type === type)?.afterBytes ?? 0;
    // Beside the weights a file has its header.
    expect(made.sizeBytes).toBeGreaterThanOrEqual(planned);
    expect(made.sizeBytes - planned).toBeLessThan(64_000);
    const [before, after] = [await logits(llama), await logits(outputDirectory)];
    const difference = relativeDifference(after, before);
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(bound);
    expect(readFileSync(join(outputDirectory, 'PROVENANCE.md'), 'utf8')).toMatch(/^Quantized by CoTo Studio to .*\n\n/);
    expect(existsSync(join(outputDirectory, 'tokenizer.json'))).toBe(true);
    expect(events.some((event) => event.kind === 'progress')).toBe(true);
  });
});

it('says in config.json what Transformers needs to read it, and nothing of types that it does not read', async () => {
  const config = (name: string) => JSON.parse(readFileSync(join(folder, name, 'config.json'), 'utf8'));
  expect(config('nf4').quantization_config).toMatchObject({
    quant_method: 'bitsandbytes',
    load_in_4bit: true,
    bnb_4bit_quant_type: 'nf4',
    bnb_4bit_use_double_quant: true,
    llm_int8_skip_modules: ['model.embed_tokens', 'lm_head'],
  });
  expect(config('int8').quantization_config).toMatchObject({ load_in_8bit: true });
  expect(config('Q4_0').quantization_config).toBeUndefined();
});

it('is refused for a base that is quantized already, and for one without a matrix of whole blocks', async () => {
  await expect(quantize(goldenPath('llama-nf4', 'base'), 'Q8_0', 'twice')).rejects.toThrow('is quantized already');
  await expect(quantize(goldenPath('llama', 'base'), 'nf4', 'narrow')).rejects.toThrow(
    'no linear layer that nf4 can hold',
  );
  expect(readdirSync(folder).filter((name) => /twice|narrow/.test(name))).toEqual([]);
});

it('is planned for the types that can hold something, whatever the others need', async () => {
  const plan = async (base: string) => {
    const source = goldenPath(base, 'base');
    const weights = await openModelWeights(source);
    try {
      return planQuantization(await describeModel(source), weights).choices.map(({ type }) => type);
    } finally {
      await weights.close();
    }
  };
  expect(await plan('bert')).toEqual(expect.arrayContaining(['Q8_0', 'Q4_0']));
  expect(await plan('bert')).not.toContain('nf4');
  await expect(plan('gpt2')).rejects.toThrow('that any type can hold');
});

it('leaves nothing behind when it is cancelled or a weight is not finite', async () => {
  await expect(quantize(llama, 'nf4', 'cancelled', testContext([], 20))).rejects.toMatchObject({ code: 'cancelled' });
  const broken = join(folder, 'broken');
  await cp(goldenPath('bert', 'base'), broken, { recursive: true });
  const file = join(broken, 'model.safetensors');
  const tensors = await readSafetensors(file);
  const [name = ''] = [...tensors.keys()].filter((key) => key.includes('query.weight'));
  const weight = tensors.get(name);
  if (!weight) throw new Error('BERT has queries');
  await writeSafetensors(file, new Map(tensors).set(name, { ...weight, data: weight.data.map(() => Number.NaN) }));
  await expect(quantize(broken, 'Q8_0', 'unmade')).rejects.toThrow(`"${name}" contains numbers that are not finite`);
  expect(readdirSync(folder).filter((entry) => /cancelled|unmade/.test(entry))).toEqual([]);
});
