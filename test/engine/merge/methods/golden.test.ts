import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../../src-main/engine/adapters/variant/state.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { mergeMethods } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeFolders } from '../../../../src-main/engine/merge/run/merge-folders.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { goldenPath, relativeDifference } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';
import { change, maskDraws } from '../states.ts';

/** A call of PEFT's add_weighted_adapter. */
const callSchema = z.looseObject({
  adapters: z.array(z.string()),
  weights: z.array(z.number()),
  combination_type: z.string(),
});

interface Case {
  readonly family: string;
  readonly tag: string;
  readonly kind: string;
  readonly call: z.infer<typeof callSchema>;
}

/** The golden merges whose method the studio has: PEFT's names, with hyphens. Clamped factors depend on free signs: clamp.test.ts. */
const cases = ['llama', 'vit', 'bert'].flatMap((family) =>
  readdirSync(goldenPath(family, 'merges')).flatMap((tag) =>
    readdirSync(goldenPath(family, 'merges', tag, 'merged')).flatMap((kind): Case[] => {
      const file = goldenPath(family, 'merges', tag, 'merged', kind, 'merge.json');
      const call = callSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
      return methodOf(call) && call['svd_clamp'] === undefined ? [{ family, tag, kind, call }] : [];
    }),
  ),
);

function methodOf({ combination_type: type }: Case['call']) {
  return mergeMethods.find(({ declaration }) => declaration.id === type.replaceAll('_', '-'));
}

const descriptions = new Map<string, ModelDescription>();
let temporary: string;
beforeAll(async () => {
  for (const family of ['llama', 'vit', 'bert'])
    descriptions.set(family, await describeModel(goldenPath(family, 'base')));
  temporary = await mkdtemp(path.join(tmpdir(), 'coto-merge-'));
});
afterAll(() => rm(temporary, { recursive: true }));

function descriptionOf(family: string): ModelDescription {
  const found = descriptions.get(family);
  if (!found) throw new Error(`${family} was not described`);
  return found;
}

const pathOf = ({ family, tag, kind }: Case, ...parts: string[]) =>
  goldenPath(family, 'merges', tag, 'merged', kind, ...parts);
const inputsOf = ({ family, tag, call }: Case) => call.adapters.map((name) => goldenPath(family, 'merges', tag, name));

/** PEFT's call as ours: the parameters that the method declares, and the masks that PEFT drew. */
async function requestOf({ family, tag, kind, call }: Case) {
  const method = methodOf(call);
  if (!method) throw new Error(`no method for ${call.combination_type}`);
  const declared = new Set(method.declaration.parameters.map(({ name }) => name));
  const given = Object.entries(call).filter(([name]) => declared.has(name));
  const parameters = z
    .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
    .parse(Object.fromEntries(given));
  const base = { description: descriptionOf(family), directory: goldenPath(family, 'base') };
  const masks = goldenPath(family, 'merges', tag, 'merged', kind, 'masks.safetensors');
  const request = {
    method,
    weights: call.weights,
    parameters,
    base,
  };
  return existsSync(masks) ? { ...request, random: drawsOf(await readSafetensors(masks)) } : request;
}

/** Draws that keep what PEFT's masks keep: purposes are `a/0`, `b/2`, `delta/1`, masks `<module>.lora_A.a0`, `<module>.delta.a1`. */
function drawsOf(masks: ReadonlyMap<string, HostTensor>) {
  return (module: string) => (purpose: string) => {
    const [part = '', adapter = ''] = purpose.split('/');
    const mask = masks.get(`${module}.${part === 'delta' ? part : `lora_${part.toUpperCase()}`}.a${adapter}`);
    if (!mask) throw new Error(`no mask for ${module} ${purpose}`);
    return maskDraws(mask);
  };
}

describe.each(cases)('$family $tag: $kind', (one) => {
  test("scaling · B·A of every module is PEFT's, and what streams through the folders is the same to the bit", async () => {
    const description = descriptionOf(one.family);
    const request = await requestOf(one);
    const folder = path.join(temporary, one.family, one.tag, one.kind);
    await mergeFolders(request, inputsOf(one), folder);
    const ours = await readAdapter(folder, description);
    const theirs = await readAdapter(pathOf(one), description);
    expect([...ours.modules.keys()].sort()).toEqual([...theirs.modules.keys()].sort());
    for (const [name, factors] of theirs.modules) {
      const own = ours.modules.get(name);
      expect(own && relativeDifference(change(own), change(factors)), name).toBeLessThanOrEqual(1e-5);
    }
    const states: AdapterState[] = [];
    for (const input of inputsOf(one)) states.push(await readAdapter(input, description));
    const inMemory = await mergeStates(await requestOf(one), states);
    expect(ours.modules).toEqual(inMemory.modules);
    expect(ours.saved).toEqual(inMemory.saved);
  });
});

describe('the outputs of the merged adapter, read back from its folder', async () => {
  const vit = cases.filter(({ family }) => family === 'vit');
  let model: AdaptedModel;
  beforeAll(async () => {
    await activateCompute(testCompute);
    model = new AdaptedModel(await loadBaseModel(goldenPath('vit', 'base')));
  });
  afterAll(() => {
    model.dispose();
    model.base.dispose();
  });

  test.each(vit)("$tag: $kind are PEFT's", async (one) => {
    const folder = path.join(temporary, 'outputs', one.tag, one.kind);
    await mergeFolders(await requestOf(one), inputsOf(one), folder);
    model.loadState(await readAdapter(folder, descriptionOf('vit')));
    const pixels = (await readSafetensors(goldenPath('vit', 'inputs.safetensors'))).get('pixel_values');
    if (!pixels) throw new Error('inputs.safetensors has no pixel_values');
    const tensor = tf.tensor(new Float32Array(pixels.data), [...pixels.shape]);
    const output = model.forward({ pixel_values: tensor });
    const theirs = (await readSafetensors(pathOf(one, 'expected.safetensors'))).get('logits')?.data ?? [];
    expect(relativeDifference(await output.data<'float32'>(), theirs)).toBeLessThanOrEqual(1e-4);
    tf.dispose([tensor, output]);
  });
});
