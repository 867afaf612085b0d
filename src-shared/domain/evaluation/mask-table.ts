import { z } from 'zod';

/** Adapters that are switched together: of a layer, of a type of module (q_proj) across layers, or of one module. */
export const maskUnitSchema = z.enum(['layer', 'module-type', 'module']);
export type MaskUnit = z.infer<typeof maskUnitSchema>;

/** Groups of which all masks are evaluated at most: 2¹² masks. */
export const maxExactGroups = 12;

/**
 * The masks of a table: all 2ⁿ, those that sampled permutations or sampled sets need, or a list; `auto`: all where the
 * groups are few enough, else permutations.
 */
export const maskChoiceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({
    kind: z.enum(['auto', 'permutations', 'integral']),
    budget: z.number().int().min(2).describe('distinct masks that are evaluated at most'),
    antithetic: z.boolean().default(true).describe('whether each draw comes with its reverse or its complement'),
    seed: z.number().int().min(0),
  }),
  z.object({ kind: z.literal('list'), masks: z.array(z.string().regex(/^[01]+$/)).min(1) }),
]);
export type MaskChoice = z.infer<typeof maskChoiceSchema>;

/** Adapters that a mask switches together. */
export const maskGroupSchema = z.object({
  name: z.string(),
  /** Ascending. */
  layers: z.array(z.number().int()),
  /** Type of its module, e.g. q_proj; null where the group has several. */
  type: z.string().nullable(),
  modules: z.array(z.string()),
});
export type MaskGroup = z.infer<typeof maskGroupSchema>;

/** Description of a mask table before its first mask: groups in order of depth, and the example count. */
export const maskOutlineSchema = z.object({
  groups: z.array(maskGroupSchema),
  examples: z.number().int(),
  /** Blocks that the examples are split into; every mask is evaluated on each. */
  blocks: z.number().int(),
  /**
   * Multiplications of one forward pass over all examples: of what comes before the layers, of each layer, of the head.
   * Attention's own products are not counted.
   */
  multiplications: z.array(z.number()),
});
export type MaskOutline = z.infer<typeof maskOutlineSchema>;

/** Means over the examples (of a language model: the tokens) of a block with one mask on. */
export const maskScoreSchema = z.object({
  /** One character a group, from the input up: 1 switches its adapters on. */
  mask: z.string(),
  block: z.number().int(),
  /** Examples of the block (or tokens). */
  weight: z.number(),
  /** In [0, 1]; null for regression. */
  accuracy: z.number().nullable(),
  /** In nats; for regression the mean squared error. */
  loss: z.number(),
});
export type MaskScore = z.infer<typeof maskScoreSchema>;

/** Scores of an adapter by the groups that are switched on. */
export const maskTableSchema = maskOutlineSchema.extend({ scores: z.array(maskScoreSchema) });
export type MaskTable = z.infer<typeof maskTableSchema>;
