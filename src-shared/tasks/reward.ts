import { z } from 'zod';
import { accuracy } from '../metrics/accuracy.ts';
import { defineTask, promptSettings } from './task.ts';

/** Settings of reward modeling; keys of a run, named and with defaults as in TRL's RewardConfig. */
export const rewardSettings = {
  center_rewards_coefficient: z.number().min(0).nullable().default(null).meta({
    title: 'Coefficient of centered rewards',
    description:
      'Weight of the squared sum of both rewards of a pair, which keeps rewards around zero. TRL’s guide uses 0.01.',
    empty: 'off',
    advanced: true,
    group: 'Task',
  }),
};

/** Reward modeling on pairs of a chosen and a rejected answer. */
export const reward = defineTask({
  id: 'reward',
  label: 'Reward modeling',
  summary:
    'A head gives each text a reward, higher for chosen answers than for rejected ones (Bradley–Terry), on a language model or an encoder.',
  reads: 'texts',
  settings: rewardSettings,
  uses: promptSettings,
  // On pairs, auto selects preference training; an encoder classifies.
  isDefaultFor: () => false,
  bestBy: [accuracy.id],
  taskType: 'SEQ_CLS',
  outputsWithoutMean: 'rewards cannot be averaged, since each reward model has its own scale and zero',
  autoClass: 'AutoModelForSequenceClassification',
  playground: 'pair',
  recognizes: ({ taskType, outputs }, columns) =>
    taskType === 'SEQ_CLS' && outputs === 1 && (columns === null || columns.rejected !== null),
});
