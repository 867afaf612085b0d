import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import {
  EnsembleModel,
  ensembleShares,
  type LanguageModel,
} from '../../../../src-main/engine/adapters/model/ensemble-model.ts';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../../src-main/engine/adapters/variant/state.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { Generation } from '../../../../src-main/engine/generation/generation.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { softmaxRows } from '../../../../src-main/engine/outcomes/probabilities.ts';
import { tokenOutputs } from '../../../../src-main/engine/tasks/causal-lm/token-outputs.ts';
import { answerScores } from '../../../../src-main/engine/tasks/multiple-choice/choice-scores.ts';
import { languageBatch } from '../../../../src-main/engine/tasks/shared/pad-rows.ts';
import { goldenPath } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

/** Weights of the two members; their shares are a quarter and three quarters. */
const weights = [1, 3];
const shares = [0.25, 0.75];
/** Tokens of the texts, each with the number of tokens before its answer. */
const texts = [
  { ids: [3, 9, 27, 14, 5], prompt: 2 },
  { ids: [11, 2, 40], prompt: 1 },
];

let base: BaseModel;
let states: AdapterState[];
beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(goldenPath('llama', 'base'));
  states = [];
  for (const name of ['lora-all-linear', 'dora'])
    states.push(await readAdapter(goldenPath('llama', 'adapters', name), base.description));
});
afterAll(() => base.dispose());

const ensemble = () => new EnsembleModel(base, memberList());
const memberList = () => states.map((state, at) => ({ state, weight: weights[at] ?? 0 }));

/** Logits after each token of a text, row-major. */
async function logitsOf(model: LanguageModel, ids: readonly number[]): Promise<Float32Array> {
  const inputs = { input_ids: tf.tensor2d([ids.map(Number)], undefined, 'int32') };
  const states = model.states(inputs);
  const logits = model.head(states);
  const values = new Float32Array(await logits.data());
  tf.dispose([inputs.input_ids, logits, states.hidden]);
  return values;
}

/** Mean of the members' probabilities after each token of a text, computed of each member alone in double precision. */
async function meanProbabilities(ids: readonly number[]): Promise<number[][]> {
  const size = base.description.text?.vocabularySize ?? 0;
  const mean = ids.map(() => new Array<number>(size).fill(0));
  for (const [at, state] of states.entries()) {
    const model = new AdaptedModel(base);
    model.loadState(state);
    const own = softmaxRows(await logitsOf(model, ids), size);
    model.dispose();
    for (const [place, value] of own.entries()) {
      const row = mean[Math.floor(place / size)];
      if (row) row[place % size] = (row[place % size] ?? 0) + (shares[at] ?? 0) * value;
    }
  }
  return mean;
}

function largest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

/** The values by hand for the answer of one text: nats of each token, and whether each has the highest mean. */
async function answerOf({ ids, prompt }: (typeof texts)[number]) {
  const mean = await meanProbabilities(ids);
  const places = ids.map((_, place) => place).slice(prompt);
  return {
    nats: places.map((place) => -Math.log(mean[place - 1]?.[ids[place] ?? 0] ?? 0)),
    right: places.map((place) => largest(mean[place - 1] ?? []) === ids[place]),
  };
}

describe('an ensemble of language models', () => {
  it('has the mean of its members’ next-token probabilities, which are neither’s', async () => {
    const ids = texts[0]?.ids ?? [];
    const model = ensemble();
    const size = base.description.text?.vocabularySize ?? 0;
    const own = softmaxRows(await logitsOf(model, ids), size);
    model.dispose();
    const expected = (await meanProbabilities(ids)).flat();
    expect(Math.max(...expected.map((value, at) => Math.abs(value - (own[at] ?? 0))))).toBeLessThan(1e-6);
    const alone = new AdaptedModel(base);
    alone.loadState(states[1] ?? states[0] ?? expect.fail());
    const other = softmaxRows(await logitsOf(alone, ids), size);
    alone.dispose();
    expect(Math.max(...expected.map((value, at) => Math.abs(value - (other[at] ?? 0))))).toBeGreaterThan(1e-4);
  });

  it('has the loss, tokens and right tokens of those probabilities, and frees everything', async () => {
    const byHand = await Promise.all(texts.map(answerOf));
    const model = ensemble();
    const load = async (indices: Int32Array) =>
      languageBatch(
        [...indices].map((index) => {
          const { ids = [], prompt = 0 } = texts[index] ?? {};
          return { ids: Int32Array.from(ids), marks: Uint8Array.from(ids, (_, at) => (at < prompt ? 0 : 1)) };
        }),
        0,
      );
    const run = () =>
      tokenOutputs(model, load, Int32Array.of(0, 1), (index) => texts[index]?.ids.length ?? 0, { batchSize: 2 });
    await run();
    const before = tf.memory().numTensors;
    const outputs = await run();
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    for (const [row, { nats, right }] of byHand.entries()) {
      expect(outputs.lossSums[row]).toBeCloseTo(
        nats.reduce((sum, value) => sum + value, 0),
        4,
      );
      expect(outputs.tokens[row]).toBe(nats.length);
      expect(outputs.right[row]).toBe(right.filter(Boolean).length);
    }
  });

  it('scores answers after a shared prompt, whose keys each member has in a cache of its own', async () => {
    const [first] = texts;
    if (first === undefined) return;
    const prompt = first.ids.slice(0, 2);
    const choices = [first.ids.slice(2), [7, 1], [30]];
    const byHand = await Promise.all(choices.map((choice) => answerOf({ ids: [...prompt, ...choice], prompt: 2 })));
    const model = ensemble();
    const [scores = []] = await answerScores(model, [{ prompt, choices, characters: [] }], {
      batchSize: 4,
      padding: 0,
    });
    model.dispose();
    for (const [at, { nats, right }] of byHand.entries()) {
      expect(scores[at]?.sum).toBeCloseTo(-nats.reduce((sum, value) => sum + value, 0), 4);
      expect(scores[at]?.isGreedy).toBe(right.every(Boolean));
    }
  });

  it('writes the tokens with the highest mean probability, one after the other', async () => {
    const expected = [3, 9, 27];
    for (let count = 0; count < 4; count++) expected.push(largest((await meanProbabilities(expected)).at(-1) ?? []));
    const model = ensemble();
    const endTokens = { eos: [], pad: 0, start: 0 };
    const options = { maxNewTokens: 4, parameters: { temperature: 0 }, seed: 0, endTokens };
    const before = tf.memory().numTensors;
    const generation = new Generation(model, [[3, 9, 27]], options);
    while (!generation.done) await generation.step();
    expect([...generation.tokens(0)]).toEqual(expected);
    generation.dispose();
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('runs no member without a share, and rejects weights without a mean', () => {
    const [state] = states;
    if (state === undefined) return;
    const one = new EnsembleModel(base, [
      { state, weight: 2 },
      { state, weight: 0 },
    ]);
    expect(one.members).toHaveLength(1);
    one.dispose();
    expect(() => ensembleShares([1, -1])).toThrow('weights of an ensemble are 1, -1');
    expect(() => ensembleShares([0, 0])).toThrow('at least one positive');
  });
});
