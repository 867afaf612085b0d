import { StudioError } from '../../../src-shared/contract/errors.ts';
import { dareTies } from './dare-ties.ts';
import { ensemble } from './ensemble.ts';
import { factorAverage } from './factor-average.ts';
import { linear } from './linear.ts';
import type { MergeMethod } from './merge-method.ts';
import { ties } from './ties.ts';
import { weightAverage } from './weight-average.ts';

/** All merge methods, in display order. */
export const mergeMethods: readonly MergeMethod[] = [factorAverage, weightAverage, linear, ties, dareTies, ensemble];

/** @throws StudioError not_found naming the method and the available ones */
export function mergeMethod(id: string): MergeMethod {
  const method = mergeMethods.find((known) => known.declaration.id === id);
  if (method) return method;
  throw new StudioError(
    'not_found',
    `There is no merge method "${id}".`,
    `Choose one of ${mergeMethods.map((known) => known.declaration.id).join(', ')}.`,
  );
}
