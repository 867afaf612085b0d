import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { resolveTargetModules } from '../../../../src-main/engine/adapters/targets/target-modules.ts';
import type { AdapterState } from '../../../../src-main/engine/adapters/variant/state.ts';
import { adapterVariant, adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { mergedTensors } from '../../../../src-main/engine/adapters/weights/merged-weights.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { preflightLines } from '../../../../src-main/engine/merge/checks/preflight.ts';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../../../src-main/engine/models/huggingface/model-weights.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { describeIssues, StudioError } from '../../../../src-shared/contract/errors.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { parameterValuesSchema } from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { checkRunInput } from '../../../../src-shared/domain/runs/run-check.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath } from '../../golden.ts';
import { variantOf } from '../../supported-adapters.ts';
import { testCompute } from '../../test-compute.ts';

/**
 * Adapters that PEFT rejects. If an adapter is accepted here, the list names it as wider support, or as not yet
 * supported.
 */
const refusals = z
  .array(z.object({ what: z.string(), refused: z.literal(true) }))
  .parse(JSON.parse(readFileSync(goldenPath('refusals.json'), 'utf8')));

let description: ModelDescription;
const scratch = mkdtempSync(join(tmpdir(), 'coto-refusals-'));
beforeAll(async () => {
  await activateCompute(testCompute);
  description = await describeModel(goldenPath('llama', 'base'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** llama's LoRA with other keys in its config. */
function readWith(changes: Record<string, unknown>) {
  const folder = join(scratch, JSON.stringify(changes).replaceAll(/\W+/g, '-'));
  cpSync(goldenPath('llama', 'adapters', 'lora'), folder, { recursive: true });
  const file = join(folder, 'adapter_config.json');
  const config: unknown = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...z.record(z.string(), z.unknown()).parse(config), ...changes }));
  return readAdapter(folder, description);
}

const read = (...parts: string[]) => readAdapter(goldenPath('llama', ...parts), description);

function create(settings: Record<string, unknown>) {
  return resolveTargetModules({ ...adapterSettingsSchema.parse(settings), modules_to_save: null }, description);
}

function halves(id: string, states: readonly AdapterState[], base: ModelDescription, parameters = {}) {
  const request = { method: mergeMethod(id), weights: [0.5, 0.5], parameters };
  return mergeStates({ ...request, base: { description: base, directory: '' } }, states);
}

async function mergeOf(method: string, one: string[], other: string[], parameters = {}) {
  return halves(method, [await read(...one), await read(...other)], description, parameters);
}

/** Kinds of adapters that PEFT does not merge, by their folders. */
const kinds: Readonly<Record<string, string>> = {
  'merge: HiRA adapters': 'hira',
  'merge: LoHa adapters': 'loha',
  'merge: LoKr adapters': 'lokr',
  'merge: VeRA adapters': 'vera',
  'merge: AdaLoRA adapters': 'adalora',
  'a LoRA and a HiRA adapter on one model': 'hira',
};

function isProduct(folder: string): boolean {
  return (variantOf(goldenPath('llama', 'adapters', folder))?.product.lowRank ?? null) !== null;
}

/** Unknown kinds cannot be read; kinds beyond B·A are read, but not merged. */
function refusedKinds(): Record<string, Refused> {
  const entries = Object.entries(kinds).filter(([, folder]) => !isProduct(folder));
  return Object.fromEntries(
    entries.map(([what, folder]): [string, Refused] => {
      const isRead = variantOf(goldenPath('llama', 'adapters', folder)) !== null;
      const run = () => mergeOf('linear', ['adapters', folder], ['adapters', folder]);
      if (isRead) return [what, { run, message: /is not B·A alone/, remedy: /output ensemble/ }];
      return [what, { run, message: new RegExp(folder, 'i'), remedy: /Supported are LoRA/ }];
    }),
  );
}

interface Refused {
  run(): unknown;
  message: RegExp;
  remedy: RegExp;
}

/** Errors of this project: the sentence, and the advice. */
const refused: Readonly<Record<string, Refused>> = {
  'merge by linear: adapters of different rank': {
    run: () => mergeOf('linear', ['merges', 'mixed-ranks', 'a0'], ['merges', 'mixed-ranks', 'a1']),
    message: /rank \d+ on .*, adapter 2 has \d+; Linear .* needs equal ranks/,
    remedy: /ΔW average/,
  },
  'merge: unknown combination type': {
    run: () => mergeMethod('average'),
    message: /no merge method "average"/,
    remedy: /Choose one of/,
  },
  ...refusedKinds(),
  'merge_and_unload: lora_bias where the base layer has no bias': {
    run: async () => {
      const weights = await openModelWeights(goldenPath('llama', 'base'));
      try {
        return mergedTensors(weights, description, await read('adapters', 'lora-bias'));
      } finally {
        await weights.close();
      }
    },
    message: /lora_bias\), but the base has none there/,
    remedy: /lora_bias off/,
  },
  'second adapter where one has bias': {
    run: async () => {
      const vit = await describeModel(goldenPath('vit', 'base'));
      const states = ['lora-bias', 'lora'].map((name) => readAdapter(goldenPath('vit', 'adapters', name), vit));
      return halves('linear', await Promise.all(states), vit);
    },
    message: /adapter 1 has trained biases \(bias "lora_only"\)/,
    remedy: /bias "none"/,
  },
  'r of 0': { run: () => readWith({ r: 0 }), message: /adapter_config\.json: r: /, remedy: /keys are those of PEFT/ },
  'no module matches target_modules': {
    run: () => create({ target_modules: ['query'] }),
    message: /no linear layer of the base matches "query"/,
    remedy: /q_proj, k_proj/,
  },
  'target is not a linear, embedding or convolution layer': {
    run: () => create({ target_modules: ['input_layernorm'] }),
    message: /no linear layer of the base matches "input_layernorm"/,
    remedy: /q_proj, k_proj/,
  },
  'layers_to_transform with a regex': {
    run: () => readWith({ target_modules: '.*q_proj', layers_to_transform: [0] }),
    message: /layers_to_transform cannot be used when target_modules is a regular expression/,
    remedy: /as a list/,
  },
  'layers_pattern without layers_to_transform': {
    run: () => readWith({ layers_pattern: 'layers' }),
    message: /layers_pattern is given without layers_to_transform/,
    remedy: /Set layers_to_transform/,
  },
  'lora_bias with DoRA': {
    run: () => readWith({ lora_bias: true, use_dora: true }),
    message: /lora_bias cannot be used with use_dora/,
    remedy: /Switch one of the two off/,
  },
  'lora_bias with PiSSA': {
    run: () => readWith({ lora_bias: true, init_lora_weights: 'pissa' }),
    message: /lora_bias cannot be used with init_lora_weights "pissa"/,
    remedy: /init_lora_weights to true/,
  },
  'unknown initialisation': {
    run: () => readWith({ init_lora_weights: 'other' }),
    message: /unknown initialization init_lora_weights "other"/,
    remedy: /Supported are/,
  },
  'unknown task_type': {
    run: () => readWith({ task_type: 'IMAGE' }),
    message: /adapter_config\.json: task_type: .*"CAUSAL_LM"/,
    remedy: /keys are those of PEFT/,
  },
};

const notRefused: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(kinds)
      .filter(([, folder]) => isProduct(folder))
      .map(([what]) => [what, 'wider: its update is B·A alone, which is merged as a plain LoRA']),
  ),
  'merge: both adapters saved the same module (modules_to_save)':
    'wider: task heads of the same labels are averaged; of other labels they are refused',
  'merge: one adapter targets by regex, the other by list':
    'wider: what is merged are modules, whichever way the configs name them; the result names them anew',
  'merge: unknown adapter': 'the library names an unknown adapter before a merge begins',
  'merge by ties: adapters of different rank': 'not here yet: ties',
  'merge by dare_linear: adapters of different rank': 'not here yet: DARE',
  'merge by dare_ties: adapters of different rank': 'not here yet: DARE',
  'merge by magnitude_prune: adapters of different rank': 'not here yet: magnitude merge',
  'merge by ties: density missing': 'not here yet: ties',
  'merge by ties: density below 0': 'not here yet: ties',
  'merge by ties: unknown majority sign method': 'not here yet: ties',
  'AdaLoRA without total_step': 'not here yet: AdaLoRA',
};

it("says of every one of PEFT's refusals what becomes of it", () => {
  expect([...Object.keys(refused), ...Object.keys(notRefused)].sort()).toEqual(refusals.map(({ what }) => what).sort());
});

describe('refuses, and says the way out', () => {
  it.each(Object.entries(refused))('%s', async (_, { run, message, remedy }) => {
    const error = await outcome(run);
    if (!(error instanceof StudioError)) throw new Error(`expected a refusal, got ${String(error)}`);
    expect(error.message).toMatch(message);
    expect(error.message.trim().split('\n')).toHaveLength(1);
    expect(error.hint).toMatch(remedy);
  });

  it('DoRA in a merge of factors, whose magnitudes would be lost; the output ensemble takes it', async () => {
    const states = [await read('adapters', 'dora'), await read('adapters', 'lora')];
    for (const method of ['linear', 'weight-average', 'factor-average'])
      expect(await outcome(() => halves(method, states, description))).toMatchObject({
        message: expect.stringContaining('adapter 1 is a DoRA adapter'),
        hint: expect.stringContaining('output ensemble'),
      });
    const lines = preflightLines(mergeMethod('ensemble'), states, [0.5, 0.5], {});
    expect(lines.filter(({ verdict }) => verdict === 'refused')).toEqual([]);
  });

  it('a rank of 0 in settings', () => {
    const variants = adapterVariants.map(({ declaration }) => declaration);
    expect(describeIssues(checkRunInput({ adapter: { r: 0 } }, variants))).toMatch(/^adapter\.r: /);
  });

  const unfit: [string, string, Record<string, unknown>, RegExp, RegExp][] = [
    ['more entries than a weight has', 'shira', { r: 9 }, /324 entries, more than the 288 of .*k_proj/, /at most 8/],
    ['blocks that do not fill a weight', 'c3a', { block_size: 8 }, /does not divide the 24 .* 12 outputs/, /to 12 or/],
    ['a block size and a number of blocks', 'oft', { r: 2, oft_block_size: 4 }, /Both r and oft_block_size/, /to 0/],
    ['neither of the two', 'oft', { r: 0, oft_block_size: 0 }, /Neither r nor oft_block_size/, /to 0/],
    ['blocks of one input', 'oft', { r: 24, oft_block_size: 0 }, /nothing to rotate/, /larger oft_block_size/],
  ];
  it.each(unfit)('%s (%s)', async (_, id, parameters, message, remedy) => {
    const variant = adapterVariant(id);
    const module = description.linears.find(({ name }) => name.endsWith('k_proj'));
    if (!module) throw new Error('no k_proj');
    const given = checkedParameters(variant.declaration, parameterValuesSchema.parse(parameters));
    const { rank } = variant.strength(given, [module.name]);
    const error = await outcome(() => variant.parts(module, { rank, parameters: given }));
    if (!(error instanceof StudioError)) throw new Error(`expected a refusal, got ${String(error)}`);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(remedy);
  });

  it('places outside the weight, before they are looked up', async () => {
    const state = await read('adapters', 'shira');
    const base = await loadBaseModel(goldenPath('llama', 'base'));
    const model = new AdaptedModel(base);
    try {
      for (const { data } of [...state.modules.values()].flatMap(({ tensors }) => [...tensors.values()]))
        if (data instanceof Int32Array) data[data.length - 1] = 1000;
      await expect(async () => model.loadState(state)).rejects.toThrow(
        /shira_indices contains a place outside the weight/,
      );
    } finally {
      model.dispose();
      base.dispose();
    }
  });

  it('OFT of PEFT 0.13, which was another method', async () => {
    const changes = { peft_type: 'OFT', oft_block_size: undefined };
    expect(await outcome(() => readWith(changes))).toMatchObject({
      message: expect.stringContaining('PEFT 0.13 or older'),
      hint: 'Train the adapter again.',
    });
  });

  it('merging into an embedding that the head is tied to, in a checkpoint whose names have no place for the head', async () => {
    const base = await loadBaseModel(goldenPath('llama3', 'base'));
    const weights = await openModelWeights(goldenPath('llama3', 'base'));
    const model = new AdaptedModel(base);
    try {
      const settings = adapterSettingsSchema.parse({ target_modules: ['embed_tokens'], r: 2 });
      await model.createAdapter(settings, { random: RandomStream.seeded(1, 'initialization'), labels: null });
      const state = await model.exportState();
      // With usual names, the head gets a weight of its own.
      expect([...mergedTensors(weights, base.description, state).keys()].sort()).toEqual([
        'lm_head.weight',
        'model.embed_tokens.weight',
      ]);
      const linears = base.description.linears.map((module) => ({
        ...module,
        checkpointKey: `language_model.${module.checkpointKey}`,
      }));
      expect(await outcome(() => mergedTensors(weights, { ...base.description, linears }, state))).toMatchObject({
        message: expect.stringContaining('stores as one tensor with lm_head (tied)'),
      });
    } finally {
      model.dispose();
      base.dispose();
      await weights.close();
    }
  });
});

async function outcome(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    return error;
  }
}
