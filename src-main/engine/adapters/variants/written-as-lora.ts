import type { PeftFormat } from '../variant/variant.ts';
import { lora } from './lora.ts';

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

const usualStart = Object.fromEntries(
  lora.declaration.parameters.flatMap(({ name, default: usual }) =>
    name === 'init_lora_weights' ? [[name, usual]] : [],
  ),
);

/** The same format for a variant that offers no initialization: its folder names LoRA's own. */
export const writtenAsStartedLora: PeftFormat = {
  ...writtenAsLora,
  toConfig: (parameters, modules, config) => writtenAsLora.toConfig({ ...parameters, ...usualStart }, modules, config),
};
