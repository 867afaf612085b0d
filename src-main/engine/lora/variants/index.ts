import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapter.ts';
import { lora } from './lora.ts';
import { rslora } from './rslora.ts';
import type { AdapterVariant } from './variant.ts';

/** Every kind of adapter that the studio trains, reads and writes. */
export const adapterVariants: readonly AdapterVariant[] = [lora, rslora];

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
export function recogniseVariant(config: AdapterConfig, where: string): AdapterVariant {
  const kind = foreignKind(config);
  if (kind !== null)
    throw new StudioError(
      'refused',
      `${where} describes an adapter of a kind that is not supported: ${kind}.`,
      `Supported are ${adapterVariants.map((one) => one.declaration.label).join(' and ')}.`,
    );
  const variant = adapterVariants.find(({ peftKeys }) =>
    (['peft_type', 'use_rslora', 'use_dora'] as const).every((key) => peftKeys[key] === config[key]),
  );
  if (variant) return variant;
  throw new StudioError(
    'refused',
    `${where} describes an adapter of a kind that is not supported: ${config.peft_type}${config.use_dora ? ' with use_dora (DoRA)' : ''}${config.use_rslora ? ' with use_rslora' : ''}.`,
    `Supported are ${adapterVariants.map((one) => one.declaration.label).join(' and ')}.`,
  );
}

/** Initialisations after which the adapter stands on a changed base, so that its factors alone are not the adapter. */
const initialisationsOnAnotherBase = ['pissa', 'olora', 'corda', 'loftq', 'lora_ga'];

/** Settings of PEFT's LoraConfig that change what the factors mean; absent, null, false or empty means not used. */
const foreignSettings = [
  'lora_bias',
  'alora_invocation_tokens',
  'arrow_config',
  'kasa_config',
  'layer_replication',
  'target_parameters',
  'trainable_token_indices',
  'use_bdlora',
  'use_qalora',
] as const;

function foreignKind(config: AdapterConfig): string | null {
  const start = config.init_lora_weights;
  if (typeof start === 'string' && initialisationsOnAnotherBase.some((name) => start.startsWith(name)))
    return `LoRA with init_lora_weights "${start}", whose factors stand on a changed base`;
  const setting = foreignSettings.find((name) => isUsed(config[name]));
  return setting === undefined ? null : `LoRA with ${setting}`;
}

function isUsed(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
