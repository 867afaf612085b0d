import { z } from 'zod';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { PeftFormat } from '../variant/variant.ts';

/** PEFT's MissConfig, with PEFT's defaults. */
const configSchema = z.object({
  r: z.number().int().min(1).default(64),
  miss_dropout: z.number().min(0).max(1).default(0),
  mini_r: z.number().int().min(1).default(1),
});
const startSchema = z.union([z.boolean(), z.enum(['bat', 'mini'])]).default(true);
type Start = z.infer<typeof startSchema>;

/** The variants that PEFT keeps in one MissConfig, told apart by init_weights. */
export function missFormat(own: {
  matches(start: Start): boolean;
  fromConfig(values: z.infer<typeof configSchema>, start: Start): ParameterValues;
  toConfig(parameters: ParameterValues): { init_weights: Start; miss_dropout?: unknown; mini_r?: unknown };
}): PeftFormat {
  const startOf = (config: AdapterConfig) => startSchema.parse(config['init_weights']);
  return {
    type: 'MISS',
    refusesConv1d: true,
    ownKeys: [...Object.keys(configSchema.shape), 'init_weights'],
    sharedKeys: ['exclude_modules', 'layers_to_transform', 'layers_pattern', 'bias'],
    matches: (config) => own.matches(startOf(config)),
    fromConfig: (config) => own.fromConfig(configSchema.parse(config), startOf(config)),
    toConfig: (parameters) => ({ ...configSchema.parse({ r: parameters['r'] }), ...own.toConfig(parameters) }),
    parts: ['block'],
    tensorKey: () => 'miss_block',
  };
}
