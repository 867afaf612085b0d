import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import type { AdapterDescription } from '../../adapters/variant/state.ts';
import { lora } from '../../adapters/variants/lora.ts';
import { tokensOfSaved } from '../../adapters/weights/trained-tokens.ts';
import type { MergeInput } from '../merge-method.ts';

/**
 * Config of a merge: a plain LoRA, with schedule and labels from the inputs. Its ranks and scalings are written as
 * lora_alpha / r (PEFT keeps use_rslora, and its merge of rsLoRA adapters comes out √r too
 * strong).
 * @param headless whether it gets no task head
 */
export function describeMerge(inputs: readonly MergeInput[], headless = false): AdapterDescription {
  const [first] = inputs;
  if (first === undefined) throw new RangeError('A merge needs at least one adapter.');
  const saved = headless ? [] : [...new Set(inputs.flatMap((input) => input.config.modules_to_save ?? []))];
  return {
    variant: lora,
    parameters: checkedParameters(lora.declaration, {}),
    config: {
      ...first.config,
      modules_to_save: saved.length > 0 ? saved : null,
      ...tokensOfSaved(first.config, headless ? [] : inputs),
    },
    ...inherited(inputs, headless),
  };
}

/** Schedule and labels of a merge: it counts as trained with the schedule only if all of its parts were. */
export function inherited(
  inputs: readonly Pick<MergeInput, 'coto' | 'labels'>[],
  headless: boolean,
): Pick<AdapterDescription, 'coto' | 'labels'> {
  return {
    coto: inputs.every(({ coto }) => coto !== null) ? (inputs[0]?.coto ?? null) : null,
    labels: headless ? null : (inputs.find(({ labels }) => labels !== null)?.labels ?? null),
  };
}
