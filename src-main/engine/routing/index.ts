import { StudioError } from '../../../src-shared/contract/errors.ts';
import { arrow } from './arrow.ts';
import { bestSingle } from './best-single.ts';
import { crossEntropy } from './cross-entropy.ts';
import { entropy } from './entropy.ts';
import { linear } from './linear.ts';
import { loraRetriever } from './lora-retriever.ts';
import { oracle } from './oracle.ts';
import { random } from './random.ts';
import type { Router } from './router.ts';
import { uniform } from './uniform.ts';

/** All routers, in display order: the methods, the baselines, the bound. */
export const routers: readonly Router[] = [
  arrow,
  loraRetriever,
  linear,
  entropy,
  crossEntropy,
  uniform,
  random,
  bestSingle,
  oracle,
];

/** @throws StudioError not_found naming the router and the available ones */
export function routerOf(id: string): Router {
  const router = routers.find((known) => known.declaration.id === id);
  if (router) return router;
  throw new StudioError(
    'not_found',
    `There is no router "${id}".`,
    `Choose one of ${routers.map((known) => known.declaration.id).join(', ')}.`,
  ).at('router');
}
