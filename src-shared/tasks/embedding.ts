import { z } from 'zod';
import { averagePrecision } from '../metrics/average-precision.ts';
import { spearman } from '../metrics/correlation.ts';
import { ndcgAt10 } from '../metrics/retrieval.ts';
import { defineTask, isLanguageModel } from './task.ts';

/** Losses of embeddings, each with a file in engine/tasks/embedding/losses. */
export const embeddingLossIds = ['multiple_negatives_ranking', 'cosent', 'cosine_similarity', 'contrastive'] as const;
export type EmbeddingLossId = (typeof embeddingLossIds)[number];

/** Method that turns the states of a text's tokens into its vector, by the names of sentence-transformers' Pooling. */
export const poolingModes = ['mean', 'cls', 'lasttoken', 'weightedmean', 'mean_sqrt_len_tokens'] as const;
export type PoolingMode = (typeof poolingModes)[number];

/** Settings of embeddings; keys of a run, with the defaults of sentence-transformers. */
export const embeddingSettings = {
  embedding_loss: z
    .enum(['auto', ...embeddingLossIds])
    .default('auto')
    .meta({
      title: 'Embedding loss',
      description:
        'Loss for training embeddings, named as in sentence-transformers. auto selects multiple_negatives_ranking for rows with an anchor and a positive, cosent for pairs with a score, and contrastive for pairs with a label 0 or 1.',
      labels: {
        multiple_negatives_ranking: 'Multiple negatives ranking',
        cosent: 'CoSENT',
        cosine_similarity: 'Cosine similarity',
        contrastive: 'Contrastive',
      },
      group: 'Task',
    }),
  similarity_scale: z
    .number()
    .positive()
    .default(20)
    .meta({
      title: 'Similarity scale',
      description:
        'Multiple negatives ranking, CoSENT: factor of the cosine similarities (scale), the inverse of a temperature.',
      advanced: true,
      group: 'Task',
      when: { name: 'embedding_loss', values: ['auto', 'multiple_negatives_ranking', 'cosent'] },
    }),
  contrastive_margin: z
    .number()
    .positive()
    .max(2)
    .default(0.5)
    .meta({
      title: 'Contrastive margin',
      description:
        'Contrastive loss: cosine distance (1 − similarity) up to which texts with label 0 are pushed apart (margin).',
      advanced: true,
      group: 'Task',
      when: { name: 'embedding_loss', values: ['auto', 'contrastive'] },
    }),
  pooling_mode: z
    .enum(['auto', ...poolingModes])
    .default('auto')
    .meta({
      title: 'Pooling',
      description:
        'Embeddings: pooling of the token states into a vector. auto reads the base’s sentence-transformers files (1_Pooling/config.json). Without these files, an encoder uses the mean and a language model the last token.',
      labels: {
        mean: 'Mean',
        cls: 'First token',
        lasttoken: 'Last token',
        weightedmean: 'Mean, later tokens weighing more',
        mean_sqrt_len_tokens: 'Sum by the root of the length',
      },
      advanced: true,
      group: 'Task',
    }),
};
export type EmbeddingSettings = z.infer<z.ZodObject<typeof embeddingSettings>>;

/** Training of text embeddings on pairs of texts. */
export const embedding = defineTask({
  id: 'embedding',
  label: 'Embeddings',
  summary: 'Brings the vectors of texts that belong together near each other, to look texts up or compare them.',
  reads: 'texts',
  settings: embeddingSettings,
  uses: ['max_length', 'group_by_length', 'neftune_noise_alpha'],
  // A language model writes the answers to queries.
  isDefaultFor: (model, { anchor, answers, completion }) =>
    anchor !== null && model.kind !== 'seq2seq-lm' && (isLanguageModel(model) ? completion === null : answers === null),
  bestBy: [ndcgAt10.id, averagePrecision.id, spearman.id],
  taskType: 'FEATURE_EXTRACTION',
  autoClass: 'AutoModel',
  playground: null,
});
