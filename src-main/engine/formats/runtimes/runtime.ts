import type { RuntimeVerdict } from '../../../../src-shared/domain/app/runtime.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { hasBias } from '../../adapters/peft/has-bias.ts';
import type { AdapterOutline } from '../../adapters/peft/open-adapter.ts';
import { requireLinear } from '../../adapters/targets/target-modules.ts';
import type { ModelConfigFile } from '../../models/family.ts';

/** An adapter as far as the header and the config of its folder tell. */
export interface RuntimeFacts {
  readonly outline: AdapterOutline;
  readonly description: ModelDescription;
  /** config.json of the base, where that is in the studio. */
  readonly config: ModelConfigFile | null;
}

export type Answer = Pick<RuntimeVerdict, 'verdict' | 'message' | 'remedy'>;

/** A program that loads adapters: one file says by which rules, `index.ts` lists it. */
export interface Runtime {
  readonly id: string;
  readonly label: string;
  /** Source of the rules, with its version. */
  readonly source: string;
  check(facts: RuntimeFacts): Answer;
}

/** Loads after an export, with its parameters. */
export function converted(message: string, target: string, parameters: Record<string, number> = {}): Answer {
  return { verdict: 'converted', message, remedy: { target, parameters } };
}

export function unsupported(message: string, target: string | null = null): Answer {
  return { verdict: 'no', message, remedy: target === null ? null : { target, parameters: {} } };
}

/** Returns true if the base is a language model, by its description or, if unknown, by its module names. */
export function isLanguageModel({ description, outline }: RuntimeFacts): boolean {
  if (description.kind !== 'unknown') return description.kind === 'causal-lm';
  const names = [...outline.modules.keys()];
  const isOther = (name: string) =>
    /^(unet|text_encoder(_\d)?|diffusion_model|lora)[._]|transformer_blocks|double_blocks|single_blocks/.test(name);
  const isLayer = (name: string) =>
    /(^|\.)(layers|h|blk)\.\d+\.(self_attn|attn|mlp|attention|attn_\w+|ffn_\w+)/.test(name);
  return names.some(isLayer) && !names.some(isOther);
}

/** Returns the reason why an adapter is more than B·A on linear layers; null if it is not. */
export function beyondLora({ outline }: RuntimeFacts): string | null {
  const { variant, saved } = outline;
  const { product, files, declaration } = variant;
  if (product.lowRank === null || files.type !== 'LORA') return `it is a ${declaration.label} adapter`;
  if (hasBias(outline)) return 'it has biases of its own';
  const [whole] = saved.keys();
  return whole === undefined ? null : `it contains whole modules (${whole})`;
}

/** Returns true if plain LoRA can express the adapter; biases and whole modules prevent that. */
function canBePlain({ outline, description }: RuntimeFacts): boolean {
  const { biases, modules, saved, variant, parameters } = outline;
  const changesBias = [...modules].some(([name, { rank, scaling, tensors }]) => {
    const module = requireLinear(description, name);
    return variant.weights?.mergedBias?.changes({ module, rank, scaling, parameters, tensors }) ?? false;
  });
  return biases.size === 0 && saved.size === 0 && !changesBias;
}

/** Advises exporting an adapter that is more than LoRA as plain LoRA, or else merged into its base. */
export function plainOrMerged(facts: RuntimeFacts, program: string, reason: string): Answer {
  if (canBePlain(facts))
    return converted(`${program} takes plain LoRA, and ${reason}: export it as plain LoRA first.`, 'lora');
  return unsupported(`${program} takes plain LoRA, and ${reason}: export it merged into its base.`, 'merged');
}
