import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { AdapterVariant } from '../variant/variant.ts';
import { abba } from './abba.ts';
import { adalora } from './adalora.ts';
import { bat } from './bat.ts';
import { c3a } from './c3a.ts';
import { delora } from './delora.ts';
import { dora } from './dora.ts';
import { doraRslora } from './dora-rslora.ts';
import { dropLora } from './drop-lora.ts';
import { gralora } from './gralora.ts';
import { hira } from './hira.ts';
import { ia3 } from './ia3.ts';
import { loha } from './loha.ts';
import { lokr } from './lokr.ts';
import { lora } from './lora.ts';
import { loraFa } from './lora-fa.ts';
import { loraPlus } from './lora-plus.ts';
import { loraPro } from './lora-pro.ts';
import { lori } from './lori.ts';
import { miss } from './miss.ts';
import { oft } from './oft.ts';
import { randlora } from './randlora.ts';
import { rslora } from './rslora.ts';
import { shira } from './shira.ts';
import { vera } from './vera.ts';

/** Every kind of adapter that the studio trains, reads and writes. */
export const adapterVariants: readonly AdapterVariant[] = [
  lora,
  rslora,
  dora,
  doraRslora,
  hira,
  ia3,
  vera,
  shira,
  loha,
  loraPlus,
  loraFa,
  delora,
  randlora,
  oft,
  c3a,
  lokr,
  loraPro,
  miss,
  bat,
  gralora,
  abba,
  adalora,
  lori,
  dropLora,
];

/** @throws StudioError invalid_input naming the variant and those there are. */
export function adapterVariant(id: string): AdapterVariant {
  const variant = adapterVariants.find((one) => one.declaration.id === id);
  if (variant) return variant;
  throw new StudioError(
    'invalid_input',
    `variant: there is no adapter variant "${id}".`,
    `Choose one of ${adapterVariants.map((one) => one.declaration.id).join(', ')}.`,
  ).at('adapter.variant');
}

/**
 * The variant that an adapter_config.json describes; only reading has to ask.
 * @param canRebuildResidual whether the reader rebuilds a residual base.
 * @throws StudioError refused, naming the kind or the setting that the studio does not know, and `where` it was found.
 */
export function recognizeVariant(config: AdapterConfig, where: string, canRebuildResidual = false): AdapterVariant {
  const ofType = adapterVariants.filter(({ files }) => files.type === config.peft_type);
  ofType[0]?.files.refuse?.(config, where, canRebuildResidual);
  const variant = ofType.find(({ files }) => files.matches(config));
  if (variant) return variant;
  throw new StudioError(
    'refused',
    `${where} describes an adapter of a kind that is not supported: ${config.peft_type}.`,
    `Supported are ${adapterVariants.map((one) => one.declaration.label).join(', ')}.`,
  );
}
