import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { areConversations, type TextColumns } from '../../../../src-shared/domain/data/dataset.ts';
import { metricsFor } from '../../../../src-shared/metrics/index.ts';
import { type PreferenceSettings, preference } from '../../../../src-shared/tasks/preference.ts';
import { readEndTokens } from '../../generation/end-tokens.ts';
import { lengthNotes } from '../shared/cut-rows.ts';
import { PromptWriter } from '../shared/prompt-writer.ts';
import { readTexts } from '../shared/read-split.ts';
import { languageSettings } from '../shared/row-tensors.ts';
import { testOrder } from '../shared/test-order.ts';
import { textReading } from '../shared/text-reading.ts';
import type { OpenTask, TaskMaterial, TaskType } from '../task-type.ts';
import { AnswerRows, lengthOf } from './answer-rows.ts';
import { examplesOf, rowsOf } from './examples.ts';
import { exportedExamples } from './exported-examples.ts';
import { type PreferenceSplit, preferenceLoader } from './load-batch.ts';
import { preferenceLoss } from './losses/index.ts';
import type { PreferenceLoss } from './losses/preference-loss.ts';
import { preferenceOutputs } from './preference-outputs.ts';
import { promptOf } from './prompt.ts';
import { Reference } from './reference.ts';

export const preferenceTask: TaskType = {
  declaration: preference,
  misfit(model, { text }) {
    if (model.kind !== 'causal-lm')
      return {
        field: 'model',
        message: `A ${model.kind} model does not write answers as the continuation of a prompt.`,
        hint: 'Choose a language model without an encoder.',
      };
    if (text === null || kindOf(text.columns) === null)
      return {
        field: 'dataset',
        message:
          'Preference training needs a chosen and a rejected answer in each row, or an answer and whether it is wanted.',
        hint: 'Choose the columns, e.g. completion=chosen rejected=rejected, or set task to auto.',
      };
    return null;
  },
  checkTokenizer(tokenizer, settings, { text }) {
    lossOf(settings, text?.columns ?? null);
    new PromptWriter(tokenizer, settings).check(text !== null && areConversations(text));
  },
  metrics: () => metricsFor('preferences'),
  counts: ({ loss_type }, { rejected }) => {
    if (rejected === null) return {};
    return preferenceLoss(loss_type, 'pairs').of === 'pairs' ? { rowsOfExample: 2 } : { examplesOfRow: 2 };
  },
  open: openPreferences,
};

/** Returns the kind of preferences in a dataset's rows; null if there are none. */
function kindOf({ rejected, desirable }: TextColumns): PreferenceLoss['of'] | null {
  if (rejected !== null) return 'pairs';
  return desirable === null ? null : 'answers';
}

/** @throws StudioError refused for a loss of pairs, where the rows have one answer each */
function lossOf({ loss_type }: Pick<PreferenceSettings, 'loss_type'>, columns: TextColumns | null): PreferenceLoss {
  const rows = columns === null ? null : kindOf(columns);
  const loss = preferenceLoss(loss_type, rows ?? 'pairs');
  if (rows === 'answers' && loss.of === 'pairs')
    throw new StudioError(
      'refused',
      `${loss.declaration.label} compares a chosen with a rejected answer, but each row of the dataset has a single answer.`,
      'Set loss_type to kto or auto, or choose a dataset of pairs.',
    ).at('loss_type');
  return loss;
}

async function openPreferences(material: TaskMaterial): Promise<OpenTask> {
  const { settings, training, base } = material;
  const { dataset, tokenizer, maxLength, wanted } = await textReading(material);
  const loss = lossOf(settings, dataset.columns);
  const arePairs = kindOf(dataset.columns) === 'pairs';
  const writer = new PromptWriter(tokenizer, settings);
  const rows = { train: new AnswerRows(), test: new AnswerRows() };
  let cut = 0;
  const { leftOut, tests } = await readTexts(
    dataset,
    wanted,
    (example) => {
      const asked = promptOf(example);
      const { prompt, answers } = writer.preferred(asked.content, asked.answers);
      const room = maxLength - prompt.length;
      if (prompt.length === 0 || room < 1 || answers.some(({ length }) => length === 0)) return false;
      if (answers.some(({ length }) => length > room)) cut++;
      for (const [place, answer] of answers.entries())
        rows[example.split].add(
          { prompt, answer: answer.slice(0, room) },
          arePairs ? place === 0 : example.desirable === true,
        );
      return true;
    },
    material.onRead,
  );
  if (training) refuseUnlearnable(loss, rows.train, leftOut, maxLength);
  const padding = tokenizer.paddingId;
  const splitOf = (read: AnswerRows): PreferenceSplit => {
    const examples = examplesOf(read, arePairs, loss.of, maxLength);
    const reference = loss.score === 'ratio' ? new Reference(examples, base, padding) : null;
    return { loss, settings, examples, reference, padding };
  };
  const [train, test] = [splitOf(rows.train), splitOf(rows.test)];
  const { count: testCount } = test.examples;
  const order = testOrder(testCount);
  const placeOf = (index: number) => order[index] ?? 0;
  const shown = (index: number) => rowsOf(test.examples.at(placeOf(index)))[0];
  const decode = (ids: ArrayLike<number>) => tokenizer.decode(Array.from(ids));
  return {
    labels: null,
    classNames: [],
    metrics: metricsFor('preferences'),
    train: {
      count: train.examples.count,
      classes: null,
      load: preferenceLoader(train),
      lengthOf: (index) => Math.max(...rowsOf(train.examples.at(index)).map(lengthOf)),
    },
    testCount,
    notes: lengthNotes({ cut, leftOut, maxLength }),
    outputs: (adapted, indices, options) => preferenceOutputs(adapted, test, indices.map(placeOf), options),
    describe: (index) => {
      // A pair that is scored as two answers is one row of the file.
      const identity = tests[placeOf(index) % Math.max(1, tests.length)] ?? { index, id: null };
      return { ...identity, reference: decode(shown(index).answer) };
    },
    show: async (index) => {
      const { prompt, answer } = shown(index);
      return { kind: 'prompt', text: decode(prompt), reference: decode(answer) };
    },
    writing: {
      promptOf: (index) => Array.from(shown(index).prompt),
      prompt: (text) => [...writer.prompt(text, dataset.columns.messages === null ? 'completions' : 'conversations')],
      decode: (ids) => tokenizer.decode([...ids], { skipSpecialTokens: true }),
      endTokens: async () => {
        const { eos, pad } = await readEndTokens(material.modelDirectory);
        return { eos: [...eos, ...writer.endTokens()], pad };
      },
    },
    exported: async (chosen) => {
      const tensors = [
        ...exportedExamples('train', train.examples, chosen.train),
        ...exportedExamples('test', test.examples, chosen.test.map(placeOf)),
      ];
      const settings = { ...languageSettings(padding), loss_type: loss.declaration.id, script: 'preferences' };
      return { settings, tensors: new Map(tensors) };
    },
  };
}

/** @throws StudioError invalid_input where there is nothing to train on, or KTO has answers of one kind only */
function refuseUnlearnable(loss: PreferenceLoss, { wanted }: AnswerRows, leftOut: number, maxLength: number): void {
  const { label } = loss.declaration;
  if (wanted.length === 0)
    throw new StudioError(
      'invalid_input',
      `None of the ${leftOut} examples has a token of its answers within max_length (${maxLength}).`,
      'Raise max_length.',
    ).at('max_length');
  const [first] = wanted;
  if (loss.of === 'answers' && wanted.every((one) => one === first))
    throw new StudioError(
      'invalid_input',
      `${label} learns from answers that are wanted and answers that are not, but all ${wanted.length} in the training split are labelled ${first}.`,
      `Add answers that are labelled ${!first}.`,
    ).at('dataset');
}
