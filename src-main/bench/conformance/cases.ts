import { activationCases } from './cases/activations.ts';
import { attentionCases } from './cases/attention.ts';
import { biasedAttentionCases } from './cases/biased-attention.ts';
import { circulantCases } from './cases/circulant.ts';
import { disentangledCases } from './cases/disentangled.ts';
import { doraCases } from './cases/dora.ts';
import { dropoutMaskCases } from './cases/dropout-mask.ts';
import { embeddingCases } from './cases/embeddings.ts';
import { expertCases } from './cases/experts.ts';
import { factoredCases } from './cases/factored.ts';
import { granularCases } from './cases/granular.ts';
import { hadamardCases } from './cases/hadamard.ts';
import { hiraCases } from './cases/hira.ts';
import { kroneckerCases } from './cases/kronecker.ts';
import { linearCases } from './cases/linears.ts';
import { lossCases } from './cases/losses.ts';
import { productCases } from './cases/matmul.ts';
import { matrixProductCases } from './cases/matrix-product.ts';
import { mergedWeightCases } from './cases/merged-weight.ts';
import { normCases } from './cases/norms.ts';
import type { OperationCase } from './cases/operation-case.ts';
import { recurrenceCases } from './cases/recurrence.ts';
import { rotationCases } from './cases/rotations.ts';
import { shardCases } from './cases/shards.ts';
import { sparseCases } from './cases/sparse.ts';
import { stackedCases } from './cases/stacked.ts';
import { tapedCases } from './cases/taped.ts';
import { tokenCases } from './cases/tokens.ts';
import { trainedTokenCases } from './cases/trained-tokens.ts';

export type { OperationCase } from './cases/operation-case.ts';

/** Every operation of the engine in the shapes and with the options that matter. */
export const operationCases: readonly OperationCase[] = [
  ...productCases,
  ...linearCases,
  ...stackedCases,
  ...doraCases,
  ...hiraCases,
  ...mergedWeightCases,
  ...sparseCases,
  ...rotationCases,
  ...circulantCases,
  ...matrixProductCases,
  ...hadamardCases,
  ...dropoutMaskCases,
  ...factoredCases,
  ...kroneckerCases,
  ...granularCases,
  ...shardCases,
  ...embeddingCases,
  ...trainedTokenCases,
  ...attentionCases,
  ...biasedAttentionCases,
  ...expertCases,
  ...disentangledCases,
  ...recurrenceCases,
  ...normCases,
  ...activationCases,
  ...lossCases,
  ...tokenCases,
  ...tapedCases,
];
