import type { Declaration } from '../../../src-shared/domain/parameter.ts';
import { logitsProcessors } from './processors/index.ts';

/** What a person sets about how tokens are chosen: one parameter for each processor. */
export const sampling: Declaration = {
  id: 'sampling',
  label: 'Sampling',
  summary: 'How the next token is chosen.',
  parameters: logitsProcessors.map(({ parameter }) => parameter),
};
