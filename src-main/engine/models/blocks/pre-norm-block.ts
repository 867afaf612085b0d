import type { LinearModule } from '../../../../src-shared/domain/model.ts';
import { activate } from '../../ops/activate.ts';
import { attention } from '../../ops/attention.ts';
import { firstTokens } from '../../ops/first-tokens.ts';
import type { HiddenStates, LinearRunner } from '../base-model.ts';
import { applyNorm, type Norm } from './norm.ts';

/** A transformer layer that normalises before attention and before the feed-forward part, both with a residual. */
export interface PreNormBlock {
  readonly heads: number;
  readonly before: Norm;
  readonly after: Norm;
  readonly q: LinearModule;
  readonly k: LinearModule;
  readonly v: LinearModule;
  readonly o: LinearModule;
  readonly fc1: LinearModule;
  readonly fc2: LinearModule;
}

/**
 * `onlyFirstToken`: give the first token alone, as the last layer of a classifier may. All tokens are still attended to;
 * what no later step reads is not computed.
 */
export function runPreNormBlock(
  block: PreNormBlock,
  states: HiddenStates,
  runner: LinearRunner,
  onlyFirstToken: boolean,
): HiddenStates {
  const { batch, tokens, hidden } = states;
  const normalised = applyNorm(block.before, hidden);
  const queries = onlyFirstToken ? firstTokens(normalised, tokens) : normalised;
  const attended = attention(
    runner.linear(block.q, queries),
    runner.linear(block.k, normalised),
    runner.linear(block.v, normalised),
    { batch, tokens, heads: block.heads, queryTokens: onlyFirstToken ? 1 : tokens },
  );
  const residual = onlyFirstToken ? firstTokens(hidden, tokens) : hidden;
  const middle = runner.linear(block.o, attended, { residual });
  const { value, derivative } = activate(
    runner.linear(block.fc1, applyNorm(block.after, middle)),
    'gelu',
    runner.taped,
  );
  const out = runner.linear(block.fc2, value, { residual: middle, derivative });
  return { hidden: out, batch, tokens: onlyFirstToken ? 1 : tokens };
}
