import { z } from 'zod';

/** Measure of forgetting, with its names for tables and help. */
export interface ForgettingMeasure {
  readonly id: string;
  readonly label: string;
  /** Unit of the rise. */
  readonly unit: string;
  readonly help: string;
}

/**
 * Every measure, in the order in which the engine tries them on a base (engine/evaluation/forgetting). All are zero
 * for an adapter that changes nothing, and lower is better.
 */
export const forgettingMeasures = [
  {
    id: 'text-loss',
    label: 'Forgetting',
    unit: 'nats per token',
    help: 'Rise of the mean token loss on a fixed neutral text: by how much the adapted model predicts ordinary English worse than its base.',
  },
  {
    id: 'masked-text-loss',
    label: 'Forgetting',
    unit: 'nats per masked token',
    help: "Rise of the base's own masked-language loss on a fixed neutral text: by how much the adapted encoder fills the same gaps worse than its base.",
  },
  {
    id: 'own-classes-loss',
    label: 'Forgetting',
    unit: 'nats per image',
    help: "Rise of the loss of the base's own head on fixed images of the base's own classes, which neither it nor the adapter was trained on.",
  },
  {
    id: 'own-head-divergence',
    label: 'Forgetting',
    unit: 'nats per example',
    help: "Rise of the cross-entropy of the base's own head against the base's own predictions on fixed neutral inputs: the Kullback-Leibler divergence from the base.",
  },
  {
    id: 'embedding-drift',
    label: 'Drift',
    unit: 'cosine distance',
    help: 'Mean cosine distance between the embeddings of the base and of the adapted model on fixed neutral inputs. The base has no head whose loss could rise, so this is drift, not loss.',
  },
] as const satisfies readonly ForgettingMeasure[];

export type ForgettingMeasureId = (typeof forgettingMeasures)[number]['id'];

/** Loss of base quality on inputs outside the adapter's training data, in the unit of the measure. */
export const forgettingSchema = z.object({
  measure: z.enum(forgettingMeasures.map(({ id }) => id)),
  base: z.number().describe('value of the base alone'),
  adapted: z.number().describe('value of the base with the adapter'),
  rise: z.number().describe('adapted − base: what was forgotten; 0 for an adapter that changes nothing'),
  accuracy: z
    .object({ base: z.number(), adapted: z.number() })
    .nullable()
    .default(null)
    .describe("accuracies of the base's own head on the same inputs, where these have classes"),
  count: z.number().int().describe('tokens, images or sentences that the values are means over'),
});
export type Forgetting = z.infer<typeof forgettingSchema>;
