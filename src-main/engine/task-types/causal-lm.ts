import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdaptedModel } from '../lora/adapted-model.ts';
import { stateTensors } from '../lora/tidy-states.ts';
import { loadTokenizer } from '../text/tokenizer.ts';
import { deviceInputs } from '../training/device-inputs.ts';
import { type EvaluationOptions, type LoadBatch, refuseCancelled } from '../training/evaluation.ts';
import type { TaskOutputs } from '../training/task-outputs.ts';
import type { OpenTask, TaskMaterial, TaskType } from './task-type.ts';
import { packedRows } from './texts/pack-rows.ts';
import { languageBatch } from './texts/pad-rows.ts';
import { type EncodedText, PromptWriter } from './texts/prompt-writer.ts';
import { readTexts } from './texts/read-split.ts';
import { languageSettings, markedRowTensors } from './texts/row-tensors.ts';
import { byLength, testOrder } from './texts/test-order.ts';
import { TokenRows } from './texts/token-rows.ts';
import { tokenScores } from './texts/token-scores.ts';

export const causalLanguageModelling: TaskType = {
  declaration: {
    id: 'causal-lm',
    label: 'Writing text',
    summary: 'Goes on from a prompt, answers in a conversation, or writes on in the manner of plain texts.',
    parameters: [],
  },
  bestBy: 'loss',
  reads: 'texts',
  misfit(model) {
    if (model.kind !== 'causal-lm')
      return { message: `A ${model.kind} model does not write text.`, hint: 'Choose a language model.' };
    return null;
  },
  open: openLanguageModelling,
};

async function openLanguageModelling(material: TaskMaterial): Promise<OpenTask> {
  const { dataset, model, settings, modelDirectory, training } = material;
  if (dataset.kind !== 'texts') throw new TypeError('the data set holds pictures');
  const tokenizer = await loadTokenizer(modelDirectory);
  const writer = new PromptWriter(tokenizer, settings);
  const maxLength = Math.min(settings.max_length, model.text?.maxPositions ?? settings.max_length);
  const rows = { train: new TokenRows(), test: new TokenRows() };
  let cut = 0;
  const { leftOut } = await readTexts(
    dataset,
    training ? ['train', 'test'] : ['test'],
    (example) => {
      const encoded = writer.learned(example, typeof example.label === 'string' ? example.label : null);
      if (encoded.ids.length > maxLength) cut++;
      return addCut(rows[example.split], encoded, maxLength);
    },
    material.onRead,
  );
  if (training && rows.train.count === 0)
    throw new StudioError(
      'invalid_input',
      `None of the ${leftOut} examples has a token to learn within max_length (${maxLength}).`,
      'Raise max_length.',
    );
  const padding = (tokenizer.special('pad') ?? tokenizer.special('eos'))?.id ?? 0;
  const learned = settings.packing ? packedRows(rows.train, maxLength) : rows.train;
  const order = testOrder(rows.test.count);
  const loaderOf =
    (from: TokenRows, at: (index: number) => number): LoadBatch =>
    async (indices) =>
      languageBatch(
        [...indices].map((index) => from.row(at(index))),
        padding,
      );
  const test = loaderOf(rows.test, (index) => order[index] ?? 0);
  return {
    labels: null,
    classNames: [],
    train: { count: learned.count, classes: null, load: loaderOf(learned, (index) => index) },
    testCount: rows.test.count,
    notes: lengthNotes({ cut, leftOut, maxLength }),
    outputs: (adapted, indices, options) => {
      const lengthOf = (index: number) => rows.test.length(order[index] ?? 0);
      const { sorted, batchSize } = byLength(indices, lengthOf, options.batchSize);
      return tokenOutputs(adapted, test, sorted, { ...options, batchSize });
    },
    exported: async (chosen) => {
      const train = [...chosen.train].map((index) => learned.row(index));
      const tests = [...chosen.test].map((index) => rows.test.row(order[index] ?? 0));
      const tensors = [...markedRowTensors('train', train, 'learned'), ...markedRowTensors('test', tests, 'learned')];
      return { settings: languageSettings(padding), tensors: new Map(tensors) };
    },
  };
}

/** Cuts the end off; false where nothing that counts is left. */
export function addCut(rows: TokenRows, { ids, marks }: EncodedText, maxLength: number): boolean {
  const kept = marks.slice(0, maxLength);
  if (!kept.includes(1, 1)) return false;
  rows.add(ids.slice(0, maxLength), kept);
  return true;
}

export function lengthNotes({
  cut,
  leftOut,
  maxLength,
}: {
  cut: number;
  leftOut: number;
  maxLength: number;
}): string[] {
  return [
    ...(cut > 0 ? [`${cut} examples are longer than ${maxLength} tokens: cut off there.`] : []),
    ...(leftOut > 0 ? [`${leftOut} examples have nothing to learn within ${maxLength} tokens: left out.`] : []),
  ];
}

/** @throws StudioError invalid_input without examples, not_finite, cancelled. */
async function tokenOutputs(
  model: AdaptedModel,
  load: LoadBatch,
  indices: Int32Array,
  options: EvaluationOptions,
): Promise<TaskOutputs> {
  if (indices.length === 0)
    throw new StudioError(
      'invalid_input',
      'There are no examples to evaluate on.',
      'Choose a data set with a test split.',
    );
  let [lossSum, tokens, right] = [0, 0, 0];
  for (let start = 0; start < indices.length; start += options.batchSize) {
    await refuseCancelled(options);
    const some = indices.subarray(start, start + options.batchSize);
    const { inputs, labels } = await load(some);
    const device = deviceInputs(inputs);
    const states = model.states(device);
    try {
      const { losses, leads } = await tokenScores(model, states, labels);
      for (const loss of losses) lossSum += loss;
      for (const lead of leads) right += lead;
      tokens += losses.length;
    } finally {
      tf.dispose([...stateTensors(states), ...Object.values(device)]);
    }
    await options.onProgress?.(start + some.length, indices.length);
  }
  return { kind: 'tokens', lossSum, tokens, right };
}
