import { activations } from './activations.ts';
import { attention } from './attention.ts';
import { casts } from './casts.ts';
import { decoder } from './decoder.ts';
import { elementwise } from './elementwise.ts';
import { gemm } from './gemm.ts';
import type { KernelFamily } from './kernel-spec.ts';
import { layout } from './layout.ts';
import { loss } from './loss.ts';
import { normalization } from './normalization.ts';
import { optimizer } from './optimizer.ts';
import { reductions } from './reductions.ts';
import { rows } from './rows.ts';
import { stored } from './stored.ts';

export { enums, structs } from './types.ts';

export const families: readonly KernelFamily[] = [
  attention,
  activations,
  gemm,
  stored,
  normalization,
  loss,
  optimizer,
  rows,
  elementwise,
  casts,
  layout,
  reductions,
  decoder,
];
