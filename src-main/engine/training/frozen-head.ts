import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';

/** Names of the trained tensors of a run's task head where the head is frozen; empty where it is trained. */
export function frozenHeadNames({ head }: Pick<RunConfig, 'head'>, model: AdaptedModel): ReadonlySet<string> {
  if (head === 'trained') return new Set();
  const heads = model.base.description.linears.filter(({ isHead }) => isHead);
  const isOfHead = (name: string) => heads.some((module) => name.startsWith(`${module.name}.`));
  return new Set([...model.trainable().keys()].filter(isOfHead));
}
