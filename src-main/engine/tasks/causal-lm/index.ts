import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { areConversations, type TextColumns } from '../../../../src-shared/domain/data/dataset.ts';
import {
  addCounts,
  answerNotes,
  isMostlyUnlearned,
  noAnswers,
} from '../../../../src-shared/domain/evaluation/answer-counts.ts';
import type { TaskSettings } from '../../../../src-shared/domain/runs/task.ts';
import { plural } from '../../../../src-shared/format/numbers.ts';
import { exactMatch } from '../../../../src-shared/metrics/exact-match.ts';
import { metricsFor } from '../../../../src-shared/metrics/index.ts';
import { causalLanguageModeling } from '../../../../src-shared/tasks/causal-lm.ts';
import type { LanguageModel } from '../../adapters/model/ensemble-model.ts';
import { readEndTokens } from '../../generation/end-tokens.ts';
import type { LabelLoss } from '../../losses/batch-loss.ts';
import { addCut, lengthNotes } from '../shared/cut-rows.ts';
import type { EvaluationOptions, LoadBatch } from '../shared/head-outputs.ts';
import { languageBatch } from '../shared/pad-rows.ts';
import { PromptWriter } from '../shared/prompt-writer.ts';
import { readTexts } from '../shared/read-split.ts';
import { recentBatches } from '../shared/recent-batches.ts';
import { languageSettings, markedRowTensors } from '../shared/row-tensors.ts';
import { testOrder } from '../shared/test-order.ts';
import { textReading } from '../shared/text-reading.ts';
import { isLearned, TokenRows } from '../shared/token-rows.ts';
import type { OpenTask, TaskMaterial, TaskType } from '../task-type.ts';
import { packedRows } from './pack-rows.ts';
import { tokenOutputs } from './token-outputs.ts';

export const causalLanguageModelingTask: TaskType = {
  declaration: causalLanguageModeling,
  misfit(model, { text }) {
    if (model.kind !== 'causal-lm')
      return {
        field: 'model',
        message: `A ${model.kind} model does not generate text as the continuation of a prompt.`,
        hint: 'Choose a language model without an encoder, or set task to auto.',
      };
    if (text?.columns.words)
      return {
        field: 'dataset',
        message: 'The dataset has tagged words, which are learned by an encoder.',
        hint: 'Choose an encoder, e.g. a BERT.',
      };
    if (text !== null && text.columns.anchor !== null && text.columns.completion === null)
      return {
        field: 'dataset',
        message: 'The dataset has pairs of texts, which are learned as embeddings.',
        hint: 'Set task to auto.',
      };
    return null;
  },
  checkTokenizer(tokenizer, settings, { text }) {
    new PromptWriter(tokenizer, settings).check(text !== null && areConversations(text));
  },
  metrics: ({ text }, settings) => languageMetrics(text !== null && hasCompletions(text.columns, settings)),
  hasPrompts: true,
  open: openLanguageModelling,
};

function languageMetrics(answers: boolean): string[] {
  return metricsFor('tokens').filter((id) => answers || id !== exactMatch.id);
}

/** Plain text has no completion. */
function hasCompletions(
  { completion, messages, label, answers }: TextColumns,
  { completion_only_loss }: Pick<TaskSettings, 'completion_only_loss'>,
): boolean {
  return completion_only_loss && (completion ?? messages ?? label ?? answers) !== null;
}

/** Returns the start of an example's answer; for text without one, its middle, or its 32nd token if that is earlier. */
function answerStart(marks: Uint8Array): number {
  const first = marks.findIndex(isLearned);
  return first > 1 ? first : Math.max(1, Math.min(32, marks.length >> 1));
}

async function openLanguageModelling(material: TaskMaterial): Promise<OpenTask> {
  const { settings, training } = material;
  const { dataset, tokenizer, maxLength, wanted } = await textReading(material);
  const writer = new PromptWriter(tokenizer, settings);
  const rows = { train: new TokenRows(), test: new TokenRows() };
  let [cut, beyond, answerCounts] = [0, 0, noAnswers];
  const { leftOut, tests } = await readTexts(
    dataset,
    wanted,
    (example) => {
      // A question that its text does not answer.
      if (example.answers?.length === 0) return false;
      const encoded = writer.learned(example, typeof example.label === 'string' ? example.label : null);
      if (encoded.ids.length > maxLength) cut++;
      if (example.split === 'train') {
        answerCounts = addCounts(answerCounts, encoded.answers);
        beyond += (encoded.starts ?? []).filter((start) => start >= maxLength).length;
      }
      return addCut(rows[example.split], encoded, maxLength);
    },
    material.onRead,
  );
  if (training && isMostlyUnlearned(answerCounts))
    throw new StudioError(
      'refused',
      `The chat template leaves out ${answerCounts.unlearned} of the ${answerCounts.answers} answers in the training split, so nothing of them would be learned.`,
      'Choose another chat_template, e.g. chatml, or a base whose own template writes such messages.',
    ).at('chat_template');
  if (training && rows.train.count === 0)
    throw new StudioError(
      'invalid_input',
      `None of the ${leftOut} examples has a trainable token within max_length (${maxLength}).`,
      'Raise max_length.',
    ).at('max_length');
  const padding = tokenizer.paddingId;
  const { messages, completion, label } = dataset.columns;
  const form = messages !== null ? 'conversations' : (completion ?? label) === null ? 'texts' : 'completions';
  const answers = hasCompletions(dataset.columns, settings);
  const learned = settings.packing ? packedRows(rows.train, maxLength, settings.packing_strategy) : rows.train;
  const order = testOrder(rows.test.count);
  const loaderOf =
    (from: TokenRows, at: (index: number) => number, isolated = false): LoadBatch<LabelLoss> =>
    async (indices) =>
      languageBatch(
        [...indices].map((index) => from.row(at(index))),
        padding,
        isolated,
      );
  const test = recentBatches(loaderOf(rows.test, (index) => order[index] ?? 0));
  const outputs = async (model: LanguageModel, indices: Int32Array, options: EvaluationOptions) => {
    const lengthOf = (index: number) => rows.test.length(order[index] ?? 0);
    return { ...(await tokenOutputs(model, test, indices, lengthOf, options)), completions: answers };
  };
  return {
    labels: null,
    classNames: [],
    metrics: languageMetrics(answers),
    train: {
      count: learned.count,
      classes: null,
      load: loaderOf(learned, (index) => index, settings.packing && settings.neat_packing),
      lengthOf: (index) => learned.length(index),
    },
    testCount: rows.test.count,
    notes: [
      ...lengthNotes({ cut, leftOut, maxLength }),
      ...(beyond > 0
        ? [`${plural(beyond, 'answer begins', 'answers begin')} after ${maxLength} tokens: not learned.`]
        : []),
      ...answerNotes(answerCounts),
    ],
    outputs,
    ensembleOutputs: outputs,
    describe: (index) => {
      const place = order[index] ?? 0;
      const { ids, marks } = rows.test.row(place);
      const reference = tokenizer.decode([...ids].filter((_, at) => at > 0 && isLearned(marks[at])));
      return { ...(tests[place] ?? { index, id: null }), reference };
    },
    show: async (index) => {
      const { ids, marks } = rows.test.row(order[index] ?? 0);
      const start = answerStart(marks);
      const reference = tokenizer.decode([...ids.subarray(start)].filter((_, at) => isLearned(marks[start + at])));
      return { kind: 'prompt', text: tokenizer.decode([...ids.subarray(0, start)]), reference };
    },
    writing: {
      promptOf: (index) => {
        const { ids, marks } = rows.test.row(order[index] ?? 0);
        return [...ids.subarray(0, answerStart(marks))];
      },
      prompt: (text) => [...writer.prompt(text, form)],
      decode: (ids) => tokenizer.decode([...ids], { skipSpecialTokens: true }),
      endTokens: async () => {
        const { eos, pad } = await readEndTokens(material.modelDirectory);
        return { eos: [...eos, ...writer.endTokens()], pad };
      },
    },
    exported: async (chosen) => {
      const train = [...chosen.train].map((index) => learned.row(index));
      const tests = [...chosen.test].map((index) => rows.test.row(order[index] ?? 0));
      const tensors = [...markedRowTensors('train', train, 'learned'), ...markedRowTensors('test', tests, 'learned')];
      return { settings: languageSettings(padding), tensors: new Map(tensors) };
    },
  };
}
