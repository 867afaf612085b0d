import { answerOutputs } from '../../../../src-shared/domain/models/model.ts';
import { metricsFor } from '../../../../src-shared/metrics/index.ts';
import { questionAnswering } from '../../../../src-shared/tasks/qa.ts';
import { spans } from '../../outcomes/spans.ts';
import type { LoadBatch } from '../shared/head-outputs.ts';
import { encoderInputs } from '../shared/pad-rows.ts';
import { readTexts } from '../shared/read-split.ts';
import { recentBatches } from '../shared/recent-batches.ts';
import { markedRowTensors } from '../shared/row-tensors.ts';
import { testOrder } from '../shared/test-order.ts';
import { textReading } from '../shared/text-reading.ts';
import type { OpenTask, TaskMaterial, TaskType } from '../task-type.ts';
import { ContextCache, QuestionRows } from './question-rows.ts';
import { spanOutputs } from './span-outputs.ts';

export const questionAnsweringTask: TaskType = {
  declaration: questionAnswering,
  misfit(model, { text }) {
    const isEncoder = model.kind === 'embedding' && model.linears.some(({ isHead }) => isHead);
    if (!isEncoder && model.kind !== 'question-answering')
      return {
        field: 'model',
        message:
          model.kind === 'text-classification'
            ? `${model.architecture} has a classifier of whole texts already.`
            : `A ${model.kind} model cannot find answers in a text.`,
        hint: 'Choose an encoder without a classifier, e.g. a BERT, or one for question answering.',
      };
    if (!text?.columns.answers)
      return {
        field: 'dataset',
        message: 'The dataset has no questions with answers in a text.',
        hint: 'Choose the columns of question, context and answers: answers=NAME (Edit import… in the window).',
      };
    return null;
  },
  metrics: () => metricsFor('answers'),
  preview:
    (tokenizer) =>
    ({ question = '', context = '', answers }) => {
      const rows = new QuestionRows(new ContextCache(tokenizer), { maxLength: longestRow, stride: 0 }, false);
      rows.add(question, context, answers ?? []);
      const [ids, [first, last]] = [[...rows.row(0).ids], rows.label(0)];
      const marks = ids.map((_, token) => Number(last > 0 && token >= first && token <= last));
      return { ids, marks, written: 'plain', counts: 'answer' };
    },
  open: openQuestionAnswering,
};

/** Maximum tokens of a preview, which shows a question and its whole text as one row. */
const longestRow = 2 ** 30;

async function openQuestionAnswering(material: TaskMaterial): Promise<OpenTask> {
  const { settings, model, training } = material;
  const { dataset, tokenizer, wanted } = await textReading(material);
  const maxLength = Math.min(settings.max_seq_length, model.text?.maxPositions ?? settings.max_seq_length);
  const contexts = new ContextCache(tokenizer);
  const lengths = { maxLength, stride: settings.doc_stride };
  const rows = {
    train: new QuestionRows(contexts, lengths, false),
    test: new QuestionRows(contexts, lengths, true),
  };
  let several = 0;
  const read = await readTexts(
    dataset,
    wanted,
    ({ question, context, answers, split }) => {
      if (question === undefined || context === undefined || answers === undefined) return false;
      if (rows[split].add(question, context, answers) > 1) several++;
      return true;
    },
    material.onRead,
  );
  const padding = tokenizer.paddingId;
  const loaderOf = (split: 'train' | 'test'): LoadBatch => {
    return async (windows) => {
      const batch = [...windows].map((window) => rows[split].row(window));
      const answers = Int32Array.from([...windows].flatMap((window) => rows[split].label(window)));
      return {
        inputs: encoderInputs(batch, padding),
        examples: windows.length,
        loss: spans.loss(answers),
      };
    };
  };
  const order = testOrder(rows.test.count);
  const test = recentBatches(loaderOf('test'));
  const { n_best_size, max_answer_length, null_score_diff_threshold } = settings;
  const decoding = {
    n_best_size,
    max_answer_length,
    null_score_diff_threshold,
    hasUnanswerable: rows.test.hasUnanswerable,
  };
  const placeOf = (index: number) => order[index] ?? 0;
  return {
    labels: answerOutputs,
    classNames: [],
    metrics: metricsFor('answers'),
    train: {
      count: rows.train.windows.count,
      classes: null,
      load: loaderOf('train'),
      lengthOf: (window) => rows.train.windows.length(window),
    },
    testCount: rows.test.count,
    notes: notesOf({
      several,
      read: rows.train.count + rows.test.count,
      windows: rows.train.windows.count,
      maxLength,
      training,
    }),
    outputs: (adapted, indices, options) =>
      spanOutputs(adapted, rows.test, test, indices.map(placeOf), { ...options, decoding }),
    describe: (index) => read.tests[placeOf(index)] ?? { index, id: null },
    show: async (index) => {
      const { question, context, golds } = rows.test.question(placeOf(index));
      return { kind: 'text', text: `${question}\n\n${context.text}`, truth: [...new Set(golds)].join(' | ') };
    },
    exported: async (chosen) => {
      const windows = {
        train: [...chosen.train],
        test: [...chosen.test].flatMap((index) => rows.test.windowsOf(placeOf(index))),
      };
      /** The question of each window, for the mean over them. */
      const questions = {
        train: Int32Array.from(windows.train.keys()),
        test: Int32Array.from(
          [...chosen.test].flatMap((index, place) => rows.test.windowsOf(placeOf(index)).map(() => place)),
        ),
      };
      const tensors = (['train', 'test'] as const).flatMap((split) => {
        const some = windows[split].map((window) => rows[split].row(window));
        const places = Int32Array.from(windows[split].flatMap((window) => rows[split].label(window)));
        return [
          ...markedRowTensors(split, some, 'token_type_ids'),
          [`${split}.labels`, { shape: [windows[split].length, 2], data: places }] as const,
          [`${split}.questions`, { shape: [questions[split].length], data: questions[split] }] as const,
        ];
      });
      return {
        settings: {
          problem_type: 'single_label_classification',
          pad_token_id: padding,
        },
        tensors: new Map(tensors),
      };
    },
  };
}

function notesOf({
  several,
  read,
  windows,
  maxLength,
  training,
}: Readonly<Record<'several' | 'read' | 'windows' | 'maxLength', number>> & { readonly training: boolean }): string[] {
  if (several === 0) return [];
  const learned = training ? ` Training has ${windows} windows.` : '';
  return [
    `The texts of ${several} of ${read} questions are longer than ${maxLength} tokens and are read in several windows.${learned}`,
  ];
}
