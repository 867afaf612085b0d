import type { LinearModule } from '../../../../src-shared/domain/model.ts';
import type { ModuleFactors } from '../state.ts';

/** The tensors of one adapted module. */
export type FactorPart = Extract<keyof ModuleFactors, 'a' | 'b' | 'bias' | 'magnitude'>;
export const factorParts: readonly FactorPart[] = ['a', 'b', 'bias', 'magnitude'];

const ends: Readonly<Record<LinearModule['kind'], Readonly<Record<FactorPart, string>>>> = {
  linear: { a: 'lora_A.weight', b: 'lora_B.weight', bias: 'lora_B.bias', magnitude: 'lora_magnitude_vector' },
  embedding: { a: 'lora_embedding_A', b: 'lora_embedding_B', bias: 'lora_B.bias', magnitude: 'lora_magnitude_vector' },
};

/** PEFT's key of a part in files, after `base_model.model.`; also the name of its variable. */
export function factorName(module: Pick<LinearModule, 'name' | 'kind'>, part: FactorPart): string {
  return `${module.name}.${ends[module.kind][part]}`;
}

/** The module's name and the part that a key (after `base_model.model.`) stands for; null where it is no factor. */
export function parseFactorName(
  key: string,
): { readonly name: string; readonly part: FactorPart; readonly kind: LinearModule['kind'] | null } | null {
  const found = /^(.+)\.(?:lora_(embedding_)?([AB])(\.weight|\.bias)?|(lora_magnitude_vector)(?:\.weight)?)$/.exec(key);
  if (!found) return null;
  const [, name = '', embedding, factor, suffix, magnitude] = found;
  if (magnitude) return { name, part: 'magnitude', kind: null };
  if (embedding) return suffix ? null : { name, part: factor === 'A' ? 'a' : 'b', kind: 'embedding' };
  if (suffix === '.bias') return factor === 'B' ? { name, part: 'bias', kind: 'linear' } : null;
  return suffix === '.weight' ? { name, part: factor === 'A' ? 'a' : 'b', kind: 'linear' } : null;
}

/** Sizes that a part must have. */
export function factorShape(
  { inFeatures, outFeatures }: Pick<LinearModule, 'inFeatures' | 'outFeatures'>,
  part: FactorPart,
  rank: number,
): readonly number[] {
  if (part === 'a') return [rank, inFeatures];
  return part === 'b' ? [outFeatures, rank] : [outFeatures];
}
