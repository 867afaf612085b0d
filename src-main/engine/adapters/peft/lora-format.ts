import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapter.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameter.ts';
import { mapOf, numberOf } from '../../../../src-shared/domain/parameter-values.ts';
import { type ModuleStrength, type PeftFormat, requireRank } from '../variant.ts';
import { patternValue } from './patterns.ts';

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
    sharedKeys: ['exclude_modules', 'layers_to_transform', 'layers_pattern', 'bias', 'fan_in_fan_out'],
    matches(config) {
      const { use_rslora, use_dora } = flagsSchema.parse(config);
      return use_rslora === flags.use_rslora && use_dora === flags.use_dora;
    },
    refuse(config, where) {
      refuseContradictions(config, where);
      refuseForeign(config, where);
    },
    fromConfig(config) {
      const { init_lora_weights: start, ...parameters } = loraConfigSchema.parse(config);
      return { ...parameters, init_lora_weights: start === true ? 'kaiming' : start };
    },
    toConfig: (parameters, modules) => ({ ...unusedKeys, ...flags, ...ownValues(parameters, modules, flags) }),
    parts: Object.keys(linearKeys),
    saidBy: { bias: 'lora_bias', magnitude: 'use_dora' },
    tensorKey: ({ kind }, part) => (kind === 'embedding' ? embeddingKeys : linearKeys)[part] ?? part,
    formerTensorKey: (_, part) => (part === 'magnitude' ? 'lora_magnitude_vector.weight' : ''),
  };
}

/** Rank and scaling as PEFT works them out: lora_alpha over `divisor(rank)`, each after its pattern. */
export function loraStrength(divisor: (rank: number) => number) {
  return (parameters: ParameterValues, names: readonly string[]): ModuleStrength => {
    const rank = patternValue(mapOf(parameters, 'rank_pattern'), names, numberOf(parameters, 'r'), 'rank_pattern');
    const usual = numberOf(parameters, 'lora_alpha');
    const alpha = patternValue(mapOf(parameters, 'alpha_pattern'), names, usual, 'alpha_pattern');
    return { rank, scaling: alpha / divisor(rank) };
  };
}

/**
 * What already says these ranks and scalings is left alone; else they are said anew: the most frequent ones, and by full name
 * those that differ.
 */
function ownValues(
  { init_lora_weights: start, ...parameters }: ParameterValues,
  modules: ReadonlyMap<string, ModuleStrength>,
  { use_rslora }: Flags,
): Record<string, unknown> {
  const divisor = use_rslora ? Math.sqrt : (rank: number) => rank;
  const own = { lora_bias: false, ...parameters, init_lora_weights: start === 'kaiming' ? true : start };
  const configured = loraStrength(divisor);
  const fits = [...modules].every(([name, module]) => {
    const { rank, scaling } = configured(parameters, [name]);
    return rank === module.rank && isClose(scaling, module.scaling);
  });
  if (fits)
    return {
      ...own,
      rank_pattern: matchingKeys(mapOf(parameters, 'rank_pattern'), modules, 'rank_pattern'),
      alpha_pattern: matchingKeys(mapOf(parameters, 'alpha_pattern'), modules, 'alpha_pattern'),
    };
  const wanted = [...modules].map(([name, module]) => {
    const { scaling } = module;
    const rank = requireRank(module);
    if (!(scaling > 0 && Number.isFinite(scaling)))
      throw new StudioError(
        'refused',
        `The adapter's scaling on ${name} is ${scaling}; PEFT's lora_alpha can only be positive.`,
        'Give the sign or the zero to the factor B instead.',
      );
    return { name, rank, alpha: Number((scaling * divisor(rank)).toPrecision(12)) };
  });
  const r = mostFrequent(wanted.map((module) => module.rank));
  const alpha = mostFrequent(wanted.map((module) => module.alpha));
  const others = (key: 'rank' | 'alpha', usual: number) =>
    Object.fromEntries(
      wanted.filter((module) => module[key] !== usual).map((module) => [module.name, module[key]] as const),
    );
  return { ...own, r, lora_alpha: alpha, rank_pattern: others('rank', r), alpha_pattern: others('alpha', alpha) };
}

/** PEFT warns of keys that mean no module, such as those of a pruned one. */
function matchingKeys(
  pattern: Readonly<Record<string, number>>,
  modules: ReadonlyMap<string, ModuleStrength>,
  field: 'rank_pattern' | 'alpha_pattern',
): Record<string, number> {
  const isMet = (key: string) => [...modules.keys()].some((name) => patternValue({ [key]: 1 }, [name], 0, field) === 1);
  return Object.fromEntries(Object.entries(pattern).filter(([key]) => modules.size === 0 || isMet(key)));
}

function isClose(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-9 * Math.abs(other);
}

export function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

/** Initializations after which the adapter stands on a changed base, so that its factors alone are not the adapter. */
const initializationsOnAnotherBase = ['pissa', 'olora', 'corda', 'loftq', 'lora_ga'];

/** Initializations that only say how the factors started: the trained adapter is told by its factors alone. */
const initializationsOfFactors = ['gaussian', 'eva', 'orthogonal'];

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
function refuseForeign(config: AdapterConfig, where: string): void {
  const kind = foreignKind(config);
  if (kind === null) return;
  throw new StudioError(
    'refused',
    `${where} describes an adapter of a kind that is not supported: ${kind}.`,
    'Supported are LoRA, rsLoRA and DoRA on the unchanged base; PEFT can save PiSSA and OLoRA as plain LoRA (path_initial_model_for_weight_conversion).',
  );
}

function foreignKind(config: AdapterConfig): string | null {
  const start = config['init_lora_weights'];
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
