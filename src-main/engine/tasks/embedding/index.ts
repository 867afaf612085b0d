import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import type { TaskSettings } from '../../../../src-shared/domain/runs/task.ts';
import { metricsFor } from '../../../../src-shared/metrics/index.ts';
import { embedding, type PoolingMode } from '../../../../src-shared/tasks/embedding.ts';
import { namesIn } from '../../data/text/several-labels.ts';

import { readSentenceTransformer } from '../../models/huggingface/sentence-transformer.ts';
import type { EmbeddingLoss, PairForm } from '../../outcomes/embedding-loss.ts';
import type { LoadBatch } from '../shared/head-outputs.ts';
import { readTexts } from '../shared/read-split.ts';
import { testOrder } from '../shared/test-order.ts';
import { textReading } from '../shared/text-reading.ts';
import type { OpenTask, TaskMaterial, TaskType } from '../task-type.ts';
import { exportedPairs } from './exported-pairs.ts';
import { embeddingLoss } from './losses/index.ts';
import { embeddingBatch } from './pair-batch.ts';
import { formOf, targetsOf } from './pair-form.ts';
import { PairRows, type PairTexts } from './pair-rows.ts';
import { vectorOutputs } from './vector-outputs.ts';

export const embeddingTask: TaskType = {
  declaration: embedding,
  misfit(model, dataset) {
    if (model.image !== null || (model.kind !== 'embedding' && model.kind !== 'causal-lm'))
      return {
        field: 'model',
        message: `A ${model.kind} model has no embeddings of texts to train.`,
        hint: 'Choose an encoder without a classifier, e.g. MiniLM, or a language model.',
      };
    if (formOf(dataset) === null)
      return {
        field: 'dataset',
        message: 'The dataset has no pairs of texts to learn embeddings from.',
        hint: 'Choose the columns of anchor and positive, or of two texts and a score or a label 0 or 1: anchor=NAME positive=NAME (Edit import… in the window).',
      };
    return null;
  },
  checkTokenizer(_, settings, dataset) {
    const form = formOf(dataset);
    if (form !== null) lossOf(settings, form);
  },
  async checkBase(folder, { pooling_mode }) {
    await readSentenceTransformer(folder, pooling_mode);
  },
  metrics: (dataset) => metricsOf(formOf(dataset) ?? 'ranking'),
  counts: (_, { anchor, negative }) => ({
    rowsOfExample: 2 + (anchor === null || negative === null ? 0 : namesIn(negative).length),
  }),
  // Each text is a row of its own: the longer one is shown.
  preview:
    (tokenizer) =>
    ({ anchor = '', positive = '' }) => {
      const rows = [anchor, positive].map((text) => tokenizer.encode(text).ids);
      const ids = rows.reduce((longest, row) => (row.length > longest.length ? row : longest), []);
      return { ids, marks: ids.map(() => 0), written: 'plain', counts: 'nothing' };
    },
  scoresAllInPython: true,
  open: openEmbeddings,
};

function metricsOf(form: PairForm): string[] {
  return metricsFor(({ ranking: 'retrieval', scores: 'numbers', labels: 'alike' } as const)[form]);
}

/** @throws StudioError refused for a loss that cannot learn from such rows */
function lossOf({ embedding_loss }: Pick<TaskSettings, 'embedding_loss'>, form: PairForm): EmbeddingLoss {
  const loss = embeddingLoss(embedding_loss, form);
  if (loss.of.includes(form)) return loss;
  const words = {
    ranking: 'anchors with positives',
    scores: 'pairs with a score',
    labels: 'pairs with a label 0 or 1',
  } as const;
  throw new StudioError(
    'refused',
    `${loss.declaration.label} learns from ${loss.of.map((own) => words[own]).join(' or ')}, but the dataset has ${words[form]}.`,
    'Set embedding_loss to auto.',
  ).at('embedding_loss');
}

async function openEmbeddings(material: TaskMaterial): Promise<OpenTask> {
  const { settings, model, training, modelDirectory } = material;
  const reading = await textReading(material);
  const { dataset, tokenizer, wanted } = reading;
  const said = await readSentenceTransformer(modelDirectory, settings.pooling_mode);
  const mode: PoolingMode = said.pooling ?? (model.kind === 'causal-lm' ? 'lasttoken' : 'mean');
  const { dense } = said;
  const maxLength = Math.min(reading.maxLength, said.maxLength ?? reading.maxLength);
  let cut = 0;
  const encode = (text: string) => {
    const whole = tokenizer.encode(text);
    if (whole.ids.length <= maxLength) return whole;
    cut++;
    return tokenizer.encode(text, { maxLength });
  };
  const rows = { train: new PairRows(encode), test: new PairRows(encode) };
  const isAnchored = dataset.columns.anchor !== null;
  const read = await readTexts(
    dataset,
    wanted,
    (example) => {
      const texts = textsOf(example, isAnchored);
      return texts !== null && rows[example.split].add(texts);
    },
    material.onRead,
  );
  for (const split of [rows.train, rows.test]) split.end();
  const form = formOf({ columns: dataset.columns, labelKind: read.kind, labels: read.names });
  if (form === null)
    throw new StudioError('invalid_input', 'The dataset has no pairs of texts.', 'Choose the columns of the pairs.').at(
      'dataset',
    );
  if (training && rows.train.count === 0)
    throw new StudioError(
      'invalid_input',
      `None of the ${read.leftOut} training examples has two texts with a token.`,
      'Choose the columns of the pairs.',
    ).at('dataset');
  const loss = lossOf(settings, form);
  const { targets, scaledBy } = targetsOf(form, read.labels, read.range);
  const batchForm = { loss, settings, pooling: { mode, dense }, padding: tokenizer.paddingId };
  const load: LoadBatch = async (indices) => {
    const pairs = [...indices].map((index) => rows.train.at(index));
    return embeddingBatch(
      {
        anchors: pairs.map(({ anchor }) => rows.train.row(anchor)),
        others: pairs.map(({ other }) => rows.train.row(other)),
        negatives: loss.ranks ? pairs.flatMap(({ negatives }) => negatives.map((row) => rows.train.row(row))) : [],
        targets: form === 'ranking' ? targets.train : Float32Array.from(indices, (index) => targets.train[index] ?? 0),
      },
      batchForm,
    );
  };
  const order = testOrder(rows.test.count);
  const placeOf = (index: number) => order[index] ?? 0;
  const textOf = (row: number) => tokenizer.decode([...rows.test.row(row).ids], { skipSpecialTokens: true });
  return {
    labels: null,
    classNames: [],
    metrics: metricsOf(form),
    train: {
      count: rows.train.count,
      classes: null,
      load,
      lengthOf: (index) => rows.train.lengthOf(index),
    },
    testCount: rows.test.count,
    notes: notesOf({ cut, leftOut: read.leftOut, maxLength, scaledBy }),
    outputs: (adapted, indices, options) =>
      vectorOutputs(
        adapted,
        { rows: rows.test, form, targets: targets.test, textOf, ...batchForm },
        indices.map(placeOf),
        options,
      ),
    describe: (index) => read.tests[placeOf(index)] ?? { index, id: null },
    show: async (index) => {
      const { anchor, other } = rows.test.at(placeOf(index));
      if (form === 'ranking') return { kind: 'text', text: textOf(anchor), truth: textOf(other) };
      const text = `${textOf(anchor)}\n\n${textOf(other)}`;
      return { kind: 'text', text, truth: String(read.labels.test[placeOf(index)] ?? '') };
    },
    exported: async (chosen) => {
      if (dense.length > 0)
        throw new StudioError(
          'refused',
          'The base has dense layers above its pooling, which the Python script does not compute.',
          'Remove modules.json from a copy of the base to export without them.',
        ).at('model');
      return {
        settings: {
          problem_type: null,
          pad_token_id: tokenizer.paddingId,
          embedding_loss: loss.declaration.id,
          pooling_mode: mode,
          rows: form,
          script: 'embeddings',
        },
        tensors: new Map([
          ...exportedPairs('train', rows.train, targets.train, chosen.train),
          ...exportedPairs('test', rows.test, targets.test, chosen.test.map(placeOf)),
        ]),
      };
    },
  };
}

function textsOf({ anchor, positive, negatives, text, textPair }: TextExample, isAnchored: boolean): PairTexts | null {
  const [one, other] = isAnchored ? [anchor, positive] : [text, textPair];
  return one == null || other == null ? null : { anchor: one, other, negatives: negatives ?? [] };
}

function notesOf({
  cut,
  leftOut,
  maxLength,
  scaledBy,
}: Readonly<Record<'cut' | 'leftOut' | 'maxLength' | 'scaledBy', number>>): string[] {
  const notes: string[] = [];
  if (cut > 0) notes.push(`${cut} texts are longer than ${maxLength} tokens and were truncated.`);
  if (leftOut > 0) notes.push(`${leftOut} examples have a text without a token of the model and were skipped.`);
  if (scaledBy !== 1) notes.push(`Scores were divided by ${scaledBy}, to be between 0 and 1.`);
  return notes;
}
