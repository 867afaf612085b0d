import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { bareName } from '../../../src-main/engine/adapters/peft/name-without-head.ts';
import { mergedTensors } from '../../../src-main/engine/adapters/weights/merged-weights.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { BaseModel, ModelInputs } from '../../../src-main/engine/models/base-model.ts';
import { openModelWeights } from '../../../src-main/engine/models/huggingface/model-weights.ts';
import { writeModelWeights } from '../../../src-main/engine/models/huggingface/write-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { softmaxCrossEntropy } from '../../../src-main/engine/ops/index.ts';
import { ignoredLabel } from '../../../src-main/engine/ops/loss/softmax-cross-entropy.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import {
  checkpointedLossGradients,
  gradientsOf,
  type LossGradients,
  lossGradients,
} from '../../../src-main/engine/training/loss-gradients.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import {
  attendedValues,
  floats,
  goldenPath,
  relativeDifference,
  reportDeviation,
  taken,
  tensorsOf,
} from '../golden.ts';
import { testCompute } from '../test-compute.ts';

const kinds = ['lm', 'cls', 'img', 'embed', 'seq2seq'] as const;
type Kind = (typeof kinds)[number];
const familySchema = z.object({ kind: z.enum(kinds) });

/** Every folder of test/golden with a base and the gradients of its LoRA adapter, by autograd of PyTorch. */
const families = readdirSync(goldenPath())
  .filter((name) => ['base', 'gradients.safetensors'].every((entry) => existsSync(goldenPath(name, entry))))
  .map((name) => ({ name, kind: kindOf(name) }));

/** A forward and backward pass. */
interface Pass {
  readonly name: string;
  readonly inputs: ReadonlyMap<string, HostTensor>;
  readonly compute: (model: AdaptedModel, inputs: ModelInputs, variables: tf.Variable[]) => LossGradients;
}

const scratch = mkdtempSync(join(tmpdir(), 'coto-family-goldens-'));
beforeAll(() => activateCompute(testCompute));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('finds the families with gradients', () => {
  expect(families.map(({ name }) => name)).toContain('bert-bare');
});

describe.each(families)('$name', ({ name: family, kind }) => {
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

  it('gives the loss and the gradients of autograd, with checkpointing and packing too, and keeps no tensor', async () => {
    const expected = await readSafetensors(goldenPath(family, 'gradients.safetensors'));
    model.loadState(await readAdapter(goldenPath(family, 'adapters', 'lora'), base.description));
    const variables = model.trainable();
    const slopes = goldenGradients(expected, base.description, variables.keys());
    expect([...variables.keys()].sort()).toEqual([...slopes.keys()].sort());
    for (const pass of passesOf(kind, inputs, taken(expected, 'labels'))) {
      const given = tensorsOf(pass.inputs);
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        const { value, gradients } = pass.compute(model, given, [...variables.values()]);
        const loss = relativeDifference(value.dataSync(), floats(taken(expected, 'loss')));
        reportDeviation(family, `${pass.name} loss`, loss);
        expect(loss, `the loss (${pass.name}) is off by ${loss}`).toBeLessThan(1e-4);
        const differences = [...variables].map(([name, variable]) => {
          const gradient = gradients.get(variable.name)?.dataSync() ?? [];
          const difference = relativeDifference(gradient, floats(taken(slopes, name)));
          expect(difference, `the gradient of ${name} (${pass.name})`).toBeLessThan(1e-4);
          return difference;
        });
        reportDeviation(family, `${pass.name} gradients`, Math.max(...differences));
      });
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose(given);
    }
  });

  const adapters = ['lora', 'dora'].filter((name) => existsSync(goldenPath(family, 'adapters', name)));
  it.each(adapters)('with the adapter %s merged into its files gives the adapted outputs', async (name) => {
    const adapter = goldenPath(family, 'adapters', name);
    const state = await readAdapter(adapter, base.description);
    const folder = mkdtempSync(join(scratch, `${family}-`));
    await writeMerged(goldenPath(family, 'base'), folder, (weights) => mergedTensors(weights, base.description, state));
    const merged = await loadBaseModel(folder);
    const given = tensorsOf(inputs);
    const outputs = new AdaptedModel(merged).outputs(given);
    for (const [output, values] of await readSafetensors(join(adapter, 'expected.safetensors'))) {
      const actual = outputs[output]?.dataSync() ?? [];
      const difference = relativeDifference(...attendedValues(actual, values, inputs.get('attention_mask')));
      reportDeviation(family, `${name} merged into files`, difference);
      expect(difference, `${output} is off by ${difference}`).toBeLessThan(1e-4);
    }
    tf.dispose([given, outputs]);
    merged.dispose();
  });

  it.runIf(existsSync(goldenPath(family, 'generate-greedy.safetensors')))(
    'takes the tokens of transformers without a cache',
    async () => {
      const golden = await readSafetensors(goldenPath(family, 'generate-greedy.safetensors'));
      const expected = [...taken(golden, 'tokens').data].map(Number);
      const prompt = [...taken(golden, 'input_ids').data].map(Number);
      // Behind an encoder, the tokens are the decoder's, which begin with a start token.
      const tokens = kind === 'seq2seq' ? expected.slice(0, 1) : [...prompt];
      model.clear();
      while (tokens.length < expected.length) {
        const ids = (row: readonly number[]) => tf.tensor2d([...row], [1, row.length], 'int32');
        const given: ModelInputs =
          kind === 'seq2seq' ? { input_ids: ids(prompt), decoder_input_ids: ids(tokens) } : { input_ids: ids(tokens) };
        const { logits } = model.outputs(given);
        if (!logits) throw new Error('the model has no logits');
        tokens.push(
          tf.tidy(
            () =>
              tf
                .argMax(tf.reshape(logits, [tokens.length, -1]), -1)
                .dataSync()
                .at(-1) ?? -1,
          ),
        );
        tf.dispose([given, logits]);
      }
      expect(tokens).toEqual(expected);
    },
  );
});

function kindOf(family: string): Kind {
  return familySchema.parse(JSON.parse(readFileSync(goldenPath(family, 'family.json'), 'utf8'))).kind;
}

/** The gradients of a golden file by the names that the studio's variables have on a model with a head. */
function goldenGradients(
  golden: ReadonlyMap<string, HostTensor>,
  description: ModelDescription,
  variables: Iterable<string>,
): ReadonlyMap<string, HostTensor> {
  const prefix = 'grad.base_model.model.';
  const named = new Map([...variables].map((name) => [bareName(name, description), name]));
  return new Map(
    [...golden].flatMap(([key, gradient]) => {
      if (!key.startsWith(prefix)) return [];
      const name = key.slice(prefix.length).replace('.modules_to_save.', '.');
      return [[named.get(name) ?? name, gradient]];
    }),
  );
}

function passesOf(kind: Kind, inputs: ReadonlyMap<string, HostTensor>, labels: HostTensor): Pass[] {
  if (kind === 'embed')
    return [
      {
        name: 'plain',
        inputs,
        compute: (model, given, variables) =>
          gradientsOf(() => {
            const { last_hidden_state: states } = model.outputs(given);
            if (!states) throw new Error('the model has no last states');
            const scale = 1 / (labels.shape[0] ?? 1);
            const weights = tf.tensor2d(
              floats(labels).map((weight) => scale * weight),
              [states.size, 1],
            );
            return tf.reshape<tf.Rank.R0>(tf.matMul(tf.reshape(states, [1, -1]), weights), []);
          }, variables),
      },
    ];
  if (kind === 'seq2seq')
    return [
      {
        name: 'plain',
        inputs,
        compute: (model, given, variables) =>
          gradientsOf(() => {
            const { logits } = model.outputs(given);
            if (!logits) throw new Error('the model has no logits');
            const rows = tf.reshape<tf.Rank.R2>(logits, [-1, logits.shape.at(-1) ?? 1]);
            return softmaxCrossEntropy(rows, tf.tensor1d(labels.data, 'int32'));
          }, variables),
      },
    ];
  const classes = kind === 'lm' ? nextTokens(labels) : Int32Array.from(labels.data, Number);
  const by =
    (compute: typeof lossGradients, targets: Int32Array): Pass['compute'] =>
    (model, given, variables) =>
      compute(model, given, variables, (states) => model.loss(states, tf.tensor1d(targets, 'int32')));
  const passes: Pass[] = [
    { name: 'plain', inputs, compute: by(lossGradients, classes) },
    { name: 'checkpointed', inputs, compute: by(checkpointedLossGradients, classes) },
  ];
  if (kind !== 'lm') return passes;
  const packed = packedIntoOneRow(inputs, classes);
  return [...passes, { name: 'packed', inputs: packed.inputs, compute: by(lossGradients, packed.classes) }];
}

/** Labels of a language model's outputs: each predicts the token after it. */
function nextTokens({ data, shape: [, tokens = 1] }: HostTensor): Int32Array {
  return Int32Array.from(data, (_, at) => (at % tokens === tokens - 1 ? ignoredLabel : Number(data[at + 1])));
}

/** All texts of a batch in one row without padding, kept apart by sequence_ids. */
function packedIntoOneRow(inputs: ReadonlyMap<string, HostTensor>, classes: Int32Array) {
  const mask = taken(inputs, 'attention_mask');
  const [, tokens = 1] = mask.shape;
  const attended = [...mask.data.keys()].filter((at) => Number(mask.data[at]) === 1);
  const row = (values: ArrayLike<number>): HostTensor => ({
    shape: [1, attended.length],
    data: Int32Array.from(attended, (at) => Number(values[at])),
  });
  const texts = Int32Array.from(mask.data, (_, at) => 1 + Math.floor(at / tokens));
  return {
    inputs: new Map([
      ['input_ids', row(Int32Array.from(taken(inputs, 'input_ids').data, Number))],
      ['sequence_ids', row(texts)],
    ]),
    classes: Int32Array.from(attended, (at) => classes[at] ?? ignoredLabel),
  };
}

/** Writes a copy of a base in float32, in which tensors are replaced. */
async function writeMerged(
  from: string,
  to: string,
  replaced: (weights: Awaited<ReturnType<typeof openModelWeights>>) => ReturnType<typeof mergedTensors>,
): Promise<void> {
  cpSync(join(from, 'config.json'), join(to, 'config.json'));
  const weights = await openModelWeights(from);
  const merged = replaced(weights);
  await writeModelWeights(
    to,
    [...new Set([...weights.names, ...merged.keys()])].map((name) => ({
      name,
      dtype: 'F32',
      shape: merged.get(name)?.shape ?? weights.info(name).shape,
      make: async () => (await merged.get(name)?.make()) ?? weights.read(name),
    })),
  );
  await weights.close();
}
