import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import { logitsProcessors } from './processors/index.ts';

/** Sampling settings: one parameter for each logits processor. */
export const sampling: Declaration = {
  id: 'sampling',
  label: 'Sampling',
  summary: 'How the next token is chosen.',
  parameters: logitsProcessors.map(({ parameter }) => parameter),
};
