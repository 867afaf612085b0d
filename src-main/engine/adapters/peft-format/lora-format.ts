import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { initializationFromPeft, initializations } from '../initializations/index.ts';
import type { ModuleStrength, PeftFormat } from '../variant/variant.ts';
import { patternStrength, type StrengthFormula, strengthKeys } from './strength-keys.ts';

/** The keys of PEFT's LoraConfig that the factors depend on, with PEFT's defaults (PEFT 0.21). */
const loraConfigSchema = z.object({
  r: z.number().int().min(1).default(8),
  lora_alpha: z.number().positive().default(8),
  lora_dropout: z.number().min(0).max(1).default(0),
  init_lora_weights: z.union([z.boolean(), z.string()]).default(true),
  rank_pattern: z.record(z.string(), z.number().int().min(1)).default({}),
  alpha_pattern: z.record(z.string(), z.number().positive()).default({}),
  lora_bias: z.boolean().default(false).describe('whether B has a bias of its own'),
});
const flagsSchema = z.object({ use_rslora: z.boolean().default(false), use_dora: z.boolean().default(false) });
type Flags = z.infer<typeof flagsSchema>;

/** The keys that PEFT 0.21 writes for a LoRA adapter beside those with a meaning here, and their "not used" values. */
const unusedKeys = {
  alora_invocation_tokens: null,
  arrow_config: null,
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  kasa_config: null,
  layer_replication: null,
  loftq_config: {},
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: 'megatron.core',
  monteclora_config: null,
  qalora_group_size: 16,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_qalora: false,
  velora_config: null,
};

const linearKeys: Readonly<Record<string, string>> = {
  a: 'lora_A.weight',
  b: 'lora_B.weight',
  bias: 'lora_B.bias',
  magnitude: 'lora_magnitude_vector',
};
const embeddingKeys: Readonly<Record<string, string>> = {
  ...linearKeys,
  a: 'lora_embedding_A',
  b: 'lora_embedding_B',
};

/** The variants that PEFT keeps in one LoraConfig, told apart by two flags. */
export function loraFormat(flags: Flags): PeftFormat {
  return {
    type: 'LORA',
    ownKeys: [...Object.keys(loraConfigSchema.shape), ...Object.keys(flagsSchema.shape)],
    sharedKeys: [
      'exclude_modules',
      'layers_to_transform',
      'layers_pattern',
      'bias',
      'fan_in_fan_out',
      'trainable_token_indices',
    ],
    matches(config) {
      const { use_rslora, use_dora } = flagsSchema.parse(config);
      return use_rslora === flags.use_rslora && use_dora === flags.use_dora;
    },
    refuse(config, where, canRebuildResidual = false) {
      refuseContradictions(config, where);
      refuseForeign(config, where, canRebuildResidual);
    },
    usesResidualBase({ init_lora_weights: id }) {
      return initializations.some(({ declaration, residual }) => residual && declaration.id === id);
    },
    fromConfig(config) {
      const { init_lora_weights: start, ...parameters } = loraConfigSchema.parse(config);
      const known = initializationFromPeft(start);
      return { ...parameters, init_lora_weights: known?.initialization.declaration.id ?? start, ...known?.parameters };
    },
    toConfig: (parameters, modules) => ({ ...unusedKeys, ...flags, ...ownValues(parameters, modules, flags) }),
    parts: Object.keys(linearKeys),
    impliedBy: { bias: 'lora_bias', magnitude: 'use_dora' },
    tensorKey: ({ kind }, part) => (kind === 'embedding' ? embeddingKeys : linearKeys)[part] ?? part,
    formerTensorKey: (_, part) => (part === 'magnitude' ? 'lora_magnitude_vector.weight' : ''),
  };
}

const formulaOf = (divisor: (rank: number) => number): StrengthFormula => ({ alpha: 'lora_alpha', divisor });

/** Rank and scaling of LoRA and its kin: lora_alpha over `divisor(rank)`. */
export const loraStrength = (divisor: (rank: number) => number) => patternStrength(formulaOf(divisor));

function ownValues(
  parameters: ParameterValues,
  modules: ReadonlyMap<string, ModuleStrength>,
  { use_rslora }: Flags,
): Record<string, unknown> {
  const known = Object.entries(parameters).filter(([key]) => Object.hasOwn(loraConfigSchema.shape, key));
  const own = { lora_bias: false, ...Object.fromEntries(known), init_lora_weights: startOf(parameters, modules) };
  return { ...own, ...strengthKeys(parameters, modules, formulaOf(use_rslora ? Math.sqrt : (rank) => rank)) };
}

/** PEFT starts before it loads, and refuses an orthogonal start at an odd rank, such as a merged or pruned adapter may have. */
function startOf(parameters: ParameterValues, modules: ReadonlyMap<string, ModuleStrength>): unknown {
  const id = parameters['init_lora_weights'];
  const value = initializations.find(({ declaration }) => declaration.id === id)?.peft.value(parameters) ?? id;
  const hasOddRank = [...modules.values()].some(({ rank }) => (rank ?? 0) % 2 !== 0);
  return value === 'orthogonal' && hasOddRank ? true : value;
}

/** Settings of PEFT's LoraConfig that change what the factors mean; absent, null, false or empty means not used. */
const foreignSettings = [
  'alora_invocation_tokens',
  'arrow_config',
  'kasa_config',
  'layer_replication',
  'use_bdlora',
  'use_qalora',
] as const;

/** @throws StudioError refused for settings that exclude each other, as PEFT refuses them. */
function refuseContradictions(config: AdapterConfig, where: string): void {
  const { init_lora_weights: start, target_modules: targets, layers_to_transform: layers, layers_pattern } = config;
  const refuse = (reason: string, remedy: string): never => {
    throw new StudioError('refused', `${where}: ${reason}`, remedy);
  };
  if (config['lora_bias'] === true && config['use_dora'] === true)
    refuse('lora_bias cannot be used with use_dora: DoRA has no bias on B.', 'Switch one of the two off.');
  if (config['lora_bias'] === true && typeof start === 'string')
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

/** @throws StudioError refused for what the studio does not know. */
function refuseForeign(config: AdapterConfig, where: string, canRebuildResidual: boolean): void {
  const kind = foreignKind(config, canRebuildResidual);
  if (kind === null) return;
  throw new StudioError(
    'refused',
    `${where} describes an adapter of a kind that is not supported: ${kind.words}.`,
    kind.remedy ?? 'Supported are LoRA, rsLoRA and DoRA with the keys that PEFT writes for them.',
  );
}

interface ForeignKind {
  readonly words: string;
  readonly remedy?: string;
}

function foreignKind(config: AdapterConfig, canRebuildResidual: boolean): ForeignKind | null {
  const start = config['init_lora_weights'];
  if (typeof start === 'string') {
    const known = initializationFromPeft(start)?.initialization;
    if (known?.residual && canRebuildResidual) return null;
    if (known?.residual || start.startsWith('loftq'))
      return {
        words: `LoRA with init_lora_weights "${start}", whose factors belong to a residual base (the base minus the adapter's start)`,
        remedy: known?.residual
          ? 'Import it: the studio recomputes the residual base and keeps the equivalent plain LoRA for the original base.'
          : 'Save it in PEFT as plain LoRA, and import that.',
      };
    if (known === undefined) return { words: `LoRA with the unknown initialization init_lora_weights "${start}"` };
  }
  const setting = foreignSettings.find((name) => isUsed(config[name]));
  return setting === undefined ? null : { words: `LoRA with ${setting}` };
}

function isUsed(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
