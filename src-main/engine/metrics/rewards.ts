import * as declared from '../../../src-shared/metrics/rewards.ts';
import { defineMetric } from './metric.ts';

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

export const rewardMargin = defineMetric(declared.rewardMargin, ({ chosen, rejected }) => {
  const [better, worse] = [mean(chosen), mean(rejected)];
  return better === null || worse === null ? null : better - worse;
});

export const chosenReward = defineMetric(declared.chosenReward, ({ chosen }) => mean(chosen));

export const rejectedReward = defineMetric(declared.rejectedReward, ({ rejected }) => mean(rejected));
