import * as declared from '../../../src-shared/metrics/entities.ts';
import { countEntities, entityScores } from './entities.ts';
import { defineMetric, type OutcomeOf } from './metric.ts';

/** Over the entities of all types together. */
function overall({ labels, predictions }: OutcomeOf<'tags'>) {
  const total = { actual: 0, predicted: 0, right: 0 };
  for (const { actual, predicted, right } of countEntities(labels, predictions)) {
    total.actual += actual;
    total.predicted += predicted;
    total.right += right;
  }
  return entityScores(total);
}

export const entityF1 = defineMetric(declared.entityF1, (outcome) => overall(outcome).f1);

export const entityPrecision = defineMetric(declared.entityPrecision, (outcome) => overall(outcome).precision);

export const entityRecall = defineMetric(declared.entityRecall, (outcome) => overall(outcome).recall);
