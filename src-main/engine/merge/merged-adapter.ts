import type { AdapterDescription } from '../adapters/state.ts';
import { lora } from '../adapters/variants/lora.ts';
import { checkedParameters } from '../checked-parameters.ts';
import type { MergeInput } from './merge-method.ts';

/**
 * What a merge is beside its tensors: a plain LoRA, with schedule and labels from the inputs. Its config says ranks and
 * scalings by lora_alpha / r when it is written (PEFT keeps use_rslora, and its merge of rsLoRA adapters comes out √r too
 * strong).
 */
export function describeMerge(inputs: readonly MergeInput[]): AdapterDescription {
  const [first] = inputs;
  if (first === undefined) throw new RangeError('A merge needs at least one adapter.');
  const saved = [...new Set(inputs.flatMap((input) => input.config.modules_to_save ?? []))];
  return {
    variant: lora,
    parameters: checkedParameters(lora.declaration, {}),
    config: { ...first.config, modules_to_save: saved.length > 0 ? saved : null },
    // A mark that the schedule was used holds for the merge only if it holds for every part.
    coto: inputs.every((input) => input.coto !== null) ? first.coto : null,
    labels: inputs.find((input) => input.labels !== null)?.labels ?? null,
  };
}
