import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { areConversations } from '../../../../src-shared/domain/data/dataset.ts';
import { plural } from '../../../../src-shared/format/numbers.ts';
import { metricsFor } from '../../../../src-shared/metrics/index.ts';
import { reward } from '../../../../src-shared/tasks/reward.ts';
import { isLanguageModel } from '../../../../src-shared/tasks/task.ts';
import { PromptWriter } from '../shared/prompt-writer.ts';
import { readTexts } from '../shared/read-split.ts';
import { markedRowTensors } from '../shared/row-tensors.ts';
import { testOrder } from '../shared/test-order.ts';
import { textReading } from '../shared/text-reading.ts';
import { type TokenRow, TokenRows } from '../shared/token-rows.ts';
import type { OpenTask, TaskMaterial, TaskType } from '../task-type.ts';
import { pairLoss } from './pair-loss.ts';
import { inputsOf, pairReader } from './pair-rows.ts';
import { type RewardPairs, rewardOutputs } from './reward-outputs.ts';

/** Transformers' label name of a head with one output. */
const rewardLabel = 'LABEL_0';

export const rewardTask: TaskType = {
  declaration: reward,
  misfit(model, { text }) {
    const hasHead = model.linears.some(({ isHead }) => isHead);
    const isEncoder = model.kind === 'embedding' || model.kind === 'text-classification';
    if (!isLanguageModel(model) && !(isEncoder && hasHead))
      return {
        message: `A ${model.kind} model cannot give texts a reward.`,
        hint: 'Choose a language model.',
        field: 'model',
      };
    if (text === null || text.columns.rejected === null)
      return {
        message: 'Reward modeling needs a chosen and a rejected answer in each row.',
        hint: 'Choose the columns: completion=chosen rejected=rejected.',
        field: 'dataset',
      };
    if (isEncoder && text.columns.messages !== null)
      return {
        message: 'A base with a classifier, or without a head, reads no conversations.',
        hint: 'Choose a language model.',
        field: 'model',
      };
    return null;
  },
  checkTokenizer(tokenizer, settings, { text }) {
    new PromptWriter(tokenizer, settings).check(text !== null && areConversations(text));
  },
  metrics: () => metricsFor('preferences'),
  counts: () => ({ rowsOfExample: 2 }),
  open: openRewards,
};

async function openRewards(material: TaskMaterial): Promise<OpenTask> {
  const { model, settings, training } = material;
  const { dataset, tokenizer, maxLength, wanted } = await textReading(material);
  const rowsOf = pairReader(model, tokenizer, settings);
  const rows = { train: new TokenRows(), test: new TokenRows() };
  let long = 0;
  const { leftOut, tests } = await readTexts(
    dataset,
    wanted,
    (example) => {
      const pair = rowsOf(example);
      if (pair.some(({ ids }) => ids.length > maxLength)) long++;
      if (pair.length !== 2 || pair.some(({ ids }) => ids.length === 0 || ids.length > maxLength)) return false;
      for (const { ids, marks } of pair) rows[example.split].add(ids, marks);
      return true;
    },
    material.onRead,
  );
  if (training && rows.train.count === 0)
    throw new StudioError(
      'invalid_input',
      `None of the ${leftOut} pairs has both answers within max_length (${maxLength}).`,
      'Raise max_length.',
    );
  const padding = tokenizer.paddingId;
  const coefficient = settings.center_rewards_coefficient ?? 0;
  const pairsOf = (split: 'train' | 'test'): RewardPairs & { rowsOf(pairs: readonly number[]): TokenRow[] } => {
    const rowsOfPairs = (pairs: readonly number[]) =>
      [0, 1].flatMap((answer) => pairs.map((pair) => rows[split].row(2 * pair + answer)));
    return {
      coefficient,
      rowsOf: rowsOfPairs,
      lengthOf: (pair) => Math.max(rows[split].length(2 * pair), rows[split].length(2 * pair + 1)),
      load: (pairs) => ({
        inputs: inputsOf(model, rowsOfPairs(pairs), padding),
        examples: pairs.length,
        loss: pairLoss(pairs.length, coefficient),
      }),
    };
  };
  const [train, test] = [pairsOf('train'), pairsOf('test')];
  const order = testOrder(rows.test.count / 2);
  const placeOf = (index: number) => order[index] ?? 0;
  const decode = (index: number, isAnswer: boolean) => {
    const { ids, marks } = rows.test.row(2 * placeOf(index));
    return tokenizer.decode(
      [...ids].filter((_, at) => (marks[at] === 1) === isAnswer),
      { skipSpecialTokens: true },
    );
  };
  return {
    labels: [rewardLabel],
    classNames: [],
    metrics: metricsFor('preferences'),
    train: {
      count: rows.train.count / 2,
      classes: null,
      load: async (indices) => train.load([...indices]),
      lengthOf: train.lengthOf,
    },
    testCount: rows.test.count / 2,
    notes: notesOf(long, leftOut, maxLength),
    outputs: (adapted, indices, options) => rewardOutputs(adapted, test, indices.map(placeOf), options),
    describe: (index) => ({ ...(tests[placeOf(index)] ?? { index, id: null }), reference: decode(index, true) }),
    show: async (index) => ({ kind: 'text', text: decode(index, false), truth: decode(index, true) }),
    exported: async (chosen) => {
      const places = { train: [...chosen.train], test: [...chosen.test.map(placeOf)] };
      const tensors = (['train', 'test'] as const).flatMap((split) => {
        const all = pairsOf(split).rowsOf(places[split]);
        return [
          ...markedRowTensors(`${split}.chosen`, all.slice(0, places[split].length), 'token_type_ids'),
          ...markedRowTensors(`${split}.rejected`, all.slice(places[split].length), 'token_type_ids'),
        ];
      });
      return {
        settings: {
          problem_type: 'regression',
          pad_token_id: padding,
          script: 'rewards',
        },
        tensors: new Map(tensors),
      };
    },
  };
}

function notesOf(long: number, leftOut: number, maxLength: number): string[] {
  return [
    ...(long > 0
      ? [`${plural(long, 'pair has', 'pairs have')} an answer beyond ${maxLength} tokens and were skipped.`]
      : []),
    ...(leftOut > long
      ? [`${plural(leftOut - long, 'pair has', 'pairs have')} an empty answer and were skipped.`]
      : []),
  ];
}
