import type { PeftFormat } from '../variant.ts';
import { lora } from '../variants/lora.ts';

/** The format of a variant that only trains a LoRA in another way: its folder is a LoRA's, and is read as one. */
export const writtenAsLora: PeftFormat = {
  ...lora.files,
  matches: () => false,
  toConfig(parameters, modules, config) {
    const known = Object.entries(parameters).filter(([name]) =>
      lora.declaration.parameters.some((spec) => spec.name === name),
    );
    return lora.files.toConfig(Object.fromEntries(known), modules, config);
  },
};
