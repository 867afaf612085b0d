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

export const entityF1 = defineMetric(
  {
    id: 'entity_f1',
    summary: 'seqeval.metrics.f1_score: an entity is right where its type and all of its words are.',
    needs: ['tags'],
  },
  (outcome) => overall(outcome).f1,
);

export const entityPrecision = defineMetric(
  {
    id: 'entity_precision',
    summary: 'seqeval.metrics.precision_score: the share of predicted entities that are true.',
    needs: ['tags'],
  },
  (outcome) => overall(outcome).precision,
);

export const entityRecall = defineMetric(
  {
    id: 'entity_recall',
    summary: 'seqeval.metrics.recall_score: the share of true entities that are predicted.',
    needs: ['tags'],
  },
  (outcome) => overall(outcome).recall,
);
