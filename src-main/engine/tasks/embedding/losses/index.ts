import type { EmbeddingLossId } from '../../../../../src-shared/tasks/embedding.ts';
import type { EmbeddingLoss, PairForm } from '../../../outcomes/embedding-loss.ts';
import { contrastive } from './contrastive.ts';
import { cosent } from './cosent.ts';
import { cosineSimilarity } from './cosine-similarity.ts';
import { multipleNegativesRanking } from './multiple-negatives-ranking.ts';

/** Every loss of embeddings, in display order; the first whose rows these are first of all is what `auto` takes. */
export const embeddingLosses: readonly EmbeddingLoss[] = [
  multipleNegativesRanking,
  cosent,
  cosineSimilarity,
  contrastive,
];

/** The loss of that name; auto: what fits the rows. */
export function embeddingLoss(id: 'auto' | EmbeddingLossId, form: PairForm): EmbeddingLoss {
  const found = embeddingLosses.find((loss) => (id === 'auto' ? loss.of[0] === form : loss.declaration.id === id));
  if (found === undefined) throw new RangeError(`there is no loss ${id} of ${form}`);
  return found;
}
