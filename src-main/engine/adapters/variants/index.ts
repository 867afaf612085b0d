import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapter.ts';
import type { AdapterVariant } from '../variant.ts';
import { dora } from './dora.ts';
import { doraRslora } from './dora-rslora.ts';
import { lora } from './lora.ts';
import { rslora } from './rslora.ts';

/** Every kind of adapter that the studio trains, reads and writes. */
export const adapterVariants: readonly AdapterVariant[] = [lora, rslora, dora, doraRslora];

/** @throws StudioError invalid_input naming the variant and those there are. */
export function adapterVariant(id: string): AdapterVariant {
  const variant = adapterVariants.find((one) => one.declaration.id === id);
  if (variant) return variant;
  throw new StudioError(
    'invalid_input',
    `variant: there is no adapter variant "${id}".`,
    `Choose one of ${adapterVariants.map((one) => one.declaration.id).join(', ')}.`,
  );
}

/**
 * The variant that an adapter_config.json describes.
 * @throws StudioError refused, naming the kind or the setting that the studio does not know, and `where` it stands.
 */
export function recognizeVariant(config: AdapterConfig, where: string): AdapterVariant {
  refuseContradictions(config, where);
  const kind = foreignKind(config);
  if (kind !== null)
    throw new StudioError(
      'refused',
      `${where} describes an adapter of a kind that is not supported: ${kind}.`,
      `Supported are ${adapterVariants.map((one) => one.declaration.label).join(', ')}.`,
    );
  const variant = adapterVariants.find(({ peftKeys }) =>
    (['peft_type', 'use_rslora', 'use_dora'] as const).every((key) => peftKeys[key] === config[key]),
  );
  if (variant) return variant;
  throw new StudioError(
    'refused',
    `${where} describes an adapter of a kind that is not supported: ${config.peft_type}.`,
    `Supported are ${adapterVariants.map((one) => one.declaration.label).join(', ')}.`,
  );
}

/** Initializations after which the adapter stands on a changed base, so that its factors alone are not the adapter. */
const initializationsOnAnotherBase = ['pissa', 'olora', 'corda', 'loftq', 'lora_ga'];

/** Settings of PEFT's LoraConfig that change what the factors mean; absent, null, false or empty means not used. */
const foreignSettings = [
  'alora_invocation_tokens',
  'arrow_config',
  'kasa_config',
  'layer_replication',
  'target_parameters',
  'trainable_token_indices',
  'use_bdlora',
  'use_qalora',
] as const;

/** Initializations that only say how the factors started: the trained adapter is told by its factors alone. */
const initializationsOfFactors = ['gaussian', 'eva', 'orthogonal'];

/** @throws StudioError refused for settings that exclude each other, as PEFT refuses them. */
function refuseContradictions(config: AdapterConfig, where: string): void {
  const { init_lora_weights: start, target_modules: targets, layers_to_transform: layers, layers_pattern } = config;
  const refuse = (reason: string, remedy: string): never => {
    throw new StudioError('refused', `${where}: ${reason}`, remedy);
  };
  if (config.lora_bias && config.use_dora)
    refuse('lora_bias cannot be used with use_dora: DoRA has no bias on B.', 'Switch one of the two off.');
  if (config.lora_bias && typeof start === 'string')
    refuse(
      `lora_bias cannot be used with init_lora_weights "${start}".`,
      'Set init_lora_weights to true, or lora_bias to false.',
    );
  if (typeof targets === 'string' && targets !== 'all-linear' && layers !== null)
    refuse(
      'layers_to_transform cannot be used when target_modules is a regular expression.',
      'Name the layers inside the expression, or give target_modules as a list.',
    );
  if (layers === null && (layers_pattern ?? []).length > 0)
    refuse(
      'layers_pattern is given without layers_to_transform.',
      'Set layers_to_transform, or leave layers_pattern out.',
    );
}

function foreignKind(config: AdapterConfig): string | null {
  const start = config.init_lora_weights;
  if (config.peft_type !== 'LORA') return null;
  if (typeof start === 'string' && initializationsOnAnotherBase.some((name) => start.startsWith(name)))
    return `LoRA with init_lora_weights "${start}", whose factors stand on a changed base`;
  if (typeof start === 'string' && !initializationsOfFactors.includes(start))
    return `LoRA with the unknown initialization init_lora_weights "${start}"`;
  const setting = foreignSettings.find((name) => isUsed(config[name]));
  return setting === undefined ? null : `LoRA with ${setting}`;
}

function isUsed(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
