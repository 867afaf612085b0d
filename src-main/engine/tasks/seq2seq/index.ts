import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { type TaskSettings, taskSettingsSchema } from '../../../../src-shared/domain/runs/task.ts';
import { plural } from '../../../../src-shared/format/numbers.ts';
import { metricsFor } from '../../../../src-shared/metrics/index.ts';
import { textToText } from '../../../../src-shared/tasks/seq2seq.ts';
import type { LanguageModel } from '../../adapters/model/ensemble-model.ts';
import { readEndTokens, requireStart } from '../../generation/end-tokens.ts';
import type { LabelLoss } from '../../losses/batch-loss.ts';
import { tokenOutputs } from '../causal-lm/token-outputs.ts';
import type { EvaluationOptions, LoadBatch } from '../shared/head-outputs.ts';
import { filledPrompt, refuseEmptyTemplate } from '../shared/prompt-writer.ts';
import { readTexts } from '../shared/read-split.ts';
import { recentBatches } from '../shared/recent-batches.ts';
import { markedRowTensors, rowTensors } from '../shared/row-tensors.ts';
import { testOrder } from '../shared/test-order.ts';
import { textReading } from '../shared/text-reading.ts';
import type { OpenTask, TaskMaterial, TaskType } from '../task-type.ts';
import { cutBeforeEnd, endedTokens, PairRows, targetMarks } from './pair-rows.ts';

export const textToTextTask: TaskType = {
  declaration: textToText,
  misfit(model, { text }) {
    if (model.kind !== 'seq2seq-lm')
      return {
        field: 'model',
        message: `A ${model.kind} model has no encoder that reads a text for a decoder to write another.`,
        hint: 'Choose a T5, or set task to auto.',
      };
    const { words = null, messages = null, completion, label, answers } = text?.columns ?? {};
    if (words !== null)
      return {
        field: 'dataset',
        message: 'The dataset has tagged words, which are learned by an encoder.',
        hint: 'Choose an encoder, e.g. a BERT.',
      };
    if (messages !== null)
      return {
        field: 'dataset',
        message: 'The dataset has conversations, which are learned by a language model without an encoder.',
        hint: 'Choose the columns of one text and of what to write: prompt=NAME completion=NAME (Edit import… in the window).',
      };
    if ((completion ?? label ?? answers ?? null) === null)
      return {
        field: 'dataset',
        message: 'The dataset has no column with the texts to write.',
        hint: 'Choose the columns: prompt=NAME completion=NAME (Edit import… in the window).',
      };
    return null;
  },
  checkTokenizer(_, settings) {
    refuseEmptyTemplate(settings);
  },
  metrics: () => metricsFor('tokens'),
  preview: (tokenizer) => {
    const settings = taskSettingsSchema.parse({});
    return (example) => {
      const source = endedTokens(tokenizer, sourceOf(settings, example));
      const target = targetOf(example);
      const written = target === null ? [] : endedTokens(tokenizer, target);
      const marks = [...source.map(() => 0), ...targetMarks(written)];
      return { ids: [...source, ...written], marks, written: 'plain', counts: 'completion' };
    };
  },
  open: openTextToText,
};

/** The text that the encoder reads. White space at its ends says nothing: it separates a prompt from what continues it. */
function sourceOf(settings: TaskSettings, example: Parameters<typeof filledPrompt>[1]): string {
  return filledPrompt(settings, example).trim();
}

/** The text to write; null where the row has none. */
function targetOf({ completion, label }: Pick<TextExample, 'completion' | 'label'>): string | null {
  const target = completion ?? (typeof label === 'string' ? label : null);
  return target === null || target.trim() === '' ? null : target;
}

async function openTextToText(material: TaskMaterial): Promise<OpenTask> {
  const { settings, training, modelDirectory } = material;
  const { dataset, tokenizer, maxLength, wanted } = await textReading(material);
  const ofModel = await readEndTokens(modelDirectory);
  const [padding, start] = [tokenizer.paddingId, requireStart(ofModel)];
  const rows = { train: new PairRows(), test: new PairRows() };
  const most = settings.max_target_length;
  let [cutSources, cutTargets] = [0, 0];
  const { leftOut, tests } = await readTexts(
    dataset,
    wanted,
    (example) => {
      const target = targetOf(example);
      if (target === null) return false;
      const [source, written] = [endedTokens(tokenizer, sourceOf(settings, example)), endedTokens(tokenizer, target)];
      if (source.length > maxLength) cutSources++;
      if (written.length > most) cutTargets++;
      rows[example.split].add(cutBeforeEnd(source, maxLength), cutBeforeEnd(written, most));
      return true;
    },
    material.onRead,
  );
  if (training && rows.train.count === 0)
    throw new StudioError(
      'invalid_input',
      `None of the ${plural(leftOut, 'example')} has a text to write.`,
      'Choose another column for the completions: completion=NAME (Edit import… in the window).',
    ).at('dataset');
  const order = testOrder(rows.test.count);
  const placeOf = (index: number) => order[index] ?? 0;
  const loaderOf =
    (from: PairRows, at: (index: number) => number): LoadBatch<LabelLoss> =>
    async (indices) =>
      from.batch([...indices].map(at), { padding, start });
  const test = recentBatches(loaderOf(rows.test, placeOf));
  const decode = (ids: ArrayLike<number>) => tokenizer.decode(Array.from(ids), { skipSpecialTokens: true });
  const referenceOf = (index: number) => decode(rows.test.target(placeOf(index)).ids);
  const outputs = async (model: LanguageModel, indices: Int32Array, options: EvaluationOptions) => {
    const lengthOf = (index: number) => rows.test.length(placeOf(index));
    return { ...(await tokenOutputs(model, test, indices, lengthOf, options)), completions: true };
  };
  return {
    labels: null,
    classNames: [],
    metrics: metricsFor('tokens'),
    train: {
      count: rows.train.count,
      classes: null,
      load: loaderOf(rows.train, (index) => index),
      lengthOf: (index) => rows.train.length(index),
    },
    testCount: rows.test.count,
    notes: [
      ...(cutSources > 0
        ? [`${plural(cutSources, 'prompt is', 'prompts are')} longer than ${maxLength} tokens and truncated.`]
        : []),
      ...(cutTargets > 0
        ? [`${plural(cutTargets, 'text', 'texts')} to write longer than ${most} tokens (max_target_length): truncated.`]
        : []),
      ...(leftOut > 0 ? [`${plural(leftOut, 'example has', 'examples have')} no text to write: skipped.`] : []),
    ],
    outputs,
    ensembleOutputs: outputs,
    describe: (index) => ({ ...(tests[placeOf(index)] ?? { index, id: null }), reference: referenceOf(index) }),
    show: async (index) => ({
      kind: 'prompt',
      text: decode(rows.test.source(placeOf(index))),
      reference: referenceOf(index),
    }),
    writing: {
      promptOf: (index) => [...rows.test.source(placeOf(index))],
      prompt: (prompt) => {
        const example = { prompt, text: null, textPair: null };
        return [...cutBeforeEnd(endedTokens(tokenizer, sourceOf(settings, example)), maxLength)];
      },
      decode,
      endTokens: async () => {
        const end = tokenizer.special('eos')?.id;
        return { ...ofModel, eos: end === undefined ? ofModel.eos : [...ofModel.eos, end] };
      },
    },
    exported: async (chosen) => {
      const named = (name: string, from: PairRows, places: readonly number[]) => [
        ...rowTensors(
          name,
          places.map((place) => from.source(place)),
        ),
        ...markedRowTensors(
          `${name}.targets`,
          places.map((place) => from.target(place)),
          'learned',
        ),
      ];
      const tensors = [
        ...named('train', rows.train, [...chosen.train]),
        ...named('test', rows.test, [...chosen.test].map(placeOf)),
      ];
      return {
        settings: {
          problem_type: null,
          pad_token_id: padding,
          decoder_start_token_id: start,
        },
        tensors: new Map(tensors),
      };
    },
  };
}
