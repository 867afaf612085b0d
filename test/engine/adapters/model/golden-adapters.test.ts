import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { bareName } from '../../../../src-main/engine/adapters/peft/name-without-head.ts';
import { keyPrefix } from '../../../../src-main/engine/adapters/peft/tensors.ts';
import { mergedTensors } from '../../../../src-main/engine/adapters/weights/merged-weights.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { modelFamilies } from '../../../../src-main/engine/models/families.ts';
import { openModelWeights } from '../../../../src-main/engine/models/huggingface/model-weights.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { attendedValues, floats, goldenPath, relativeDifference, reportDeviation, tensorsOf } from '../../golden.ts';
import { isSupported } from '../../supported-adapters.ts';
import { testCompute } from '../../test-compute.ts';

/** Folders of an adapter and of its outputs. */
interface GoldenCase {
  readonly name: string;
  readonly folder: string;
  readonly expected: string;
  /** The same adapter as today's transformers writes it. */
  readonly written: string;
}

const modelTypeSchema = z.object({ model_type: z.string() });
const families = readdirSync(goldenPath()).filter((family) => {
  const config = goldenPath(family, 'base', 'config.json');
  if (!existsSync(config) || !existsSync(goldenPath(family, 'adapters'))) return false;
  const { model_type } = modelTypeSchema.parse(readJson(config));
  return modelFamilies.some(({ modelType }) => modelType === model_type);
});

function casesOf(family: string): GoldenCase[] {
  return ['adapters', 'adapters-transformers4'].flatMap((dialect) => {
    const parent = goldenPath(family, dialect);
    if (!existsSync(parent)) return [];
    const cases = readdirSync(parent).flatMap((name) => {
      if (isSupported(join(parent, name))) return [{ name, folder: join(parent, name) }];
      // PiSSA and OLoRA, made into plain LoRA of twice the rank on the untouched base.
      const converted = join(parent, name, 'converted');
      return existsSync(converted) ? [{ name: `${name} converted`, folder: converted }] : [];
    });
    return cases.map(({ name, folder }) => ({
      name: `${dialect}/${name}`,
      folder,
      expected: join(goldenPath(family, 'adapters', name.replace(' converted', '')), 'expected.safetensors'),
      written: folder.replace('adapters-transformers4', 'adapters'),
    }));
  });
}

const scratch = mkdtempSync(join(tmpdir(), 'coto-golden-'));
beforeAll(() => activateCompute(testCompute));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('finds the families and their adapters', () => {
  expect(families.length).toBeGreaterThanOrEqual(12);
  expect(families.flatMap(casesOf).length).toBeGreaterThan(60);
});

describe.each(families)('%s', (family) => {
  let base: BaseModel;
  let model: AdaptedModel;
  let inputs: ReadonlyMap<string, HostTensor>;

  beforeAll(async () => {
    base = await loadBaseModel(goldenPath(family, 'base'));
    model = new AdaptedModel(base);
    inputs = await readSafetensors(goldenPath(family, 'inputs.safetensors'));
  });
  afterAll(() => {
    model.dispose();
    base.dispose();
  });

  /** The largest difference to the outputs of a file, over all of them. */
  async function largestDifference(file: string): Promise<number> {
    const expected = await readSafetensors(file);
    const given = tensorsOf(inputs);
    const outputs = model.outputs(given);
    const differences = [...expected].map(([name, values]) =>
      relativeDifference(...attendedValues(outputs[name]?.dataSync() ?? [], values, inputs.get('attention_mask'))),
    );
    tf.dispose([given, outputs]);
    return Math.max(...differences);
  }

  it.each(casesOf(family))("$name gives PEFT's outputs, merged too, and leaves the base as it was", async (golden) => {
    const plain = await largestDifference(goldenPath(family, 'base-outputs.safetensors'));
    model.loadState(await readAdapter(golden.folder, base.description));
    const difference = await largestDifference(golden.expected);
    reportDeviation(family, golden.name, difference);
    expect(difference, `off by ${difference}`).toBeLessThan(1e-4);
    await model.mergeIntoBase();
    expect(await largestDifference(golden.expected)).toBeLessThan(1e-4);
    model.unmerge();
    expect(await largestDifference(golden.expected)).toBe(difference);
    const before = tf.memory().numTensors;
    model.loadState(await model.exportState());
    expect(await largestDifference(golden.expected)).toBe(difference);
    expect(tf.memory().numTensors).toBe(before);
    model.clear();
    expect(await largestDifference(goldenPath(family, 'base-outputs.safetensors'))).toBe(plain);
    expect(await largestDifference(golden.expected)).toBeGreaterThan(1e-3);
  });

  it.each(casesOf(family))("$name is written with PEFT's keys, values and config", async (golden) => {
    const { description } = base;
    const folder = join(scratch, `${family} ${golden.name.replaceAll('/', ' ')}`);
    const state = await readAdapter(golden.folder, description);
    const config = configOf(golden.written);
    await writeAdapter(folder, state, { description, baseModelName: String(config['base_model_name_or_path']) });
    const tensors = await readSafetensors(join(golden.written, 'adapter_model.safetensors'));
    for (const key of [...tensors.keys()]) if (isIgnoredCopy(key, tensors)) tensors.delete(key);
    const read = await readSafetensors(join(folder, 'adapter_model.safetensors'));
    const written = new Map([...read].map(([key, tensor]) => [peftKey(key, description), tensor]));
    expect([...written.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [key, tensor] of tensors) expect(written.get(key)).toEqual(tensor);
    // In older names the config says the same in other words: today's are said anew.
    if (golden.folder === golden.written) expect(configOf(folder)).toMatchObject(config);
    const again = await readAdapter(folder, description);
    expect(again).toEqual({ ...state, config: expect.anything(), parameters: expect.anything() });
  });

  const merged = casesOf(family).filter(({ folder }) => existsSync(join(folder, 'merged.safetensors')));
  it.runIf(merged.length > 0).each(merged)("$name merges into PEFT's weights", async ({ name, folder }) => {
    const expected = await readSafetensors(join(folder, 'merged.safetensors'));
    const weights = await openModelWeights(goldenPath(family, 'base'));
    const ours = mergedTensors(weights, base.description, await readAdapter(folder, base.description));
    expect([...ours.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [key, tensor] of expected) {
      const own = await ours.get(key)?.make();
      expect(own?.shape).toEqual(tensor.shape);
      const difference = relativeDifference(own?.data ?? [], floats(tensor));
      reportDeviation(family, `${name} merged`, difference);
      expect(difference, `${key} is off by ${difference}`).toBeLessThan(1e-5);
    }
    await weights.close();
  });
});

/** A key as PEFT has it on a model without a head, whose modules' names lack the prefix. */
function peftKey(key: string, description: ModelDescription): string {
  return description.kind === 'embedding' ? keyPrefix + bareName(key.slice(keyPrefix.length), description) : key;
}

/** PEFT stores some tensors twice: biases beside saved modules, and what all modules share once more for each of them. */
function isIgnoredCopy(key: string, tensors: Pick<ReadonlyMap<string, unknown>, 'has'>): boolean {
  if (key.split('.').length > 2 && tensors.has(`base_model.${key.split('.').at(-1)}`)) return true;
  return /\.(original_module|modules_to_save)\.bias$|\.base_layer\.weight$/.test(key);
}

/** PEFT keeps names in sets, so their order says nothing. */
function configOf(folder: string): Record<string, unknown> {
  const config = z.record(z.string(), z.unknown()).parse(readJson(join(folder, 'adapter_config.json')));
  const { target_modules: targets, modules_to_save: saved } = config;
  if (Array.isArray(targets)) config['target_modules'] = [...targets].sort();
  if (Array.isArray(saved)) config['modules_to_save'] = [...saved].sort();
  return config;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
