import { loraFormat } from '../peft-format/lora-format.ts';
import type { AdapterVariant } from '../variant/variant.ts';
import { dora } from './dora.ts';
import { rslora } from './rslora.ts';

/** DoRA with rsLoRA's scaling, as PEFT's use_dora and use_rslora together. */
export const doraRslora: AdapterVariant = {
  ...dora,
  declaration: {
    ...dora.declaration,
    id: 'dora-rslora',
    label: 'DoRA with rsLoRA scaling',
    summary: 'DoRA with B·A scaled by lora_alpha / √r instead of lora_alpha / r, for high ranks.',
  },
  files: loraFormat({ use_rslora: true, use_dora: true }),
  strength: rslora.strength,
};
