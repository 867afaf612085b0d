import { StudioError } from '../../../../src-shared/contract/errors.ts';
import {
  type AdapterConfig,
  type AdapterSettings,
  adapterConfigSchema,
} from '../../../../src-shared/domain/adapters/adapter.ts';
import {
  type LinearModule,
  labelHead,
  type ModelDescription,
  tokenHeads,
  withTaskHead,
} from '../../../../src-shared/domain/models/model.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import type { BaseModel } from '../../models/base-model.ts';
import { toHost } from '../../ops/to-host.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { initializeHead } from '../draws/initialize.ts';
import type { Factors, Initialization } from '../initializations/initialization.ts';
import { isSavedBy, patternNames, resolveTargetModules } from '../targets/target-modules.ts';
import type { AdapterState, ModuleState } from '../variant/state.ts';
import { adapterVariant } from '../variants/index.ts';
import { requireEmbedding } from '../weights/device-adapter.ts';
import { baseTokenRows, plannedTokens, tokenIds, tokenRowsKey } from '../weights/trained-tokens.ts';
import { nudged } from './nudged.ts';
import { refuseExperts } from './refuse-experts.ts';
import { seededBy } from './seed-adapter.ts';
import { type StartOptions, startModules, weightByOutput } from './start-modules.ts';

export interface FreshOptions extends StartOptions {
  /** The tokenizer's ids, for tokens that the settings give by their text. */
  readonly tokenId?: ((text: string) => number | null) | undefined;
  /**
   * Names of the task's classes. With null or the base's own labels, the head starts with the base's values; otherwise
   * with fresh ones.
   */
  readonly labels: readonly string[] | null;
  /** PEFT's name of the task that a new head is for, where it is none on whole inputs. */
  readonly headTask?: HeadTask | undefined;
  /** The adapter that `init_adapter` names. */
  readonly seed?: AdapterState | undefined;
  /** Number of a repeat whose weights differ by rounding; 0 or absent: unchanged. */
  readonly roundingRepeat?: number | undefined;
}

export type HeadTask = NonNullable<AdapterConfig['task_type']>;

/** A new adapter. */
export interface FreshAdapter {
  readonly state: AdapterState;
  /** Factors that the base loses in training, by module: the adapter starts on W − s·B·A. Null: it uses the base itself. */
  readonly subtracted: ReadonlyMap<string, Factors> | null;
}

/**
 * A new adapter for `base`: factors from the input up, then the modules saved whole, all drawn from `random`. Starts that look at
 * the training examples need the new head, which is drawn before them.
 * @throws StudioError invalid_input where settings do not fit the base.
 */
export async function freshAdapter(
  base: BaseModel,
  settings: AdapterSettings,
  options: FreshOptions,
): Promise<FreshAdapter> {
  const { random, labels, headTask = null } = options;
  const description = withTaskHead(base.description, headTask);
  const variant = adapterVariant(settings.variant);
  const parameters = checkedParameters(variant.declaration, settings.parameters);
  const whole = modulesTrainedWhole(description, settings, labels, headTask);
  const taskType = headTask ?? (classifiesTexts(description, labels !== null) ? 'SEQ_CLS' : defaultTask(description));
  const config = adapterConfigSchema.parse({
    peft_type: variant.files.type,
    target_modules: settings.target_modules,
    exclude_modules: settings.exclude_modules,
    layers_to_transform: settings.layers_to_transform,
    ...(settings.target_parameters ? { target_parameters: settings.target_parameters } : {}),
    ...tokenConfig(settings, options.tokenId),
    modules_to_save: savedEntries(
      taskType,
      settings,
      whole.map(({ entry }) => entry),
    ),
    task_type: taskType,
    ...(taskType === null ? {} : { auto_mapping: null }),
  });
  const targets = resolveTargetModules(config, description);
  refuseExperts(variant, parameters, targets);
  for (const module of targets) if (module.kind === 'embedding') requireEmbedding(variant, module);
  const tokens = plannedTokens(variant, config, description, {
    adapted: targets,
    whole: whole.map(({ module }) => module),
  });
  const initialization = variant.residual?.initialization(parameters) ?? null;
  const calibrated =
    initialization?.calibration === undefined ? null : await savedTensors(base, description, whole, options);
  const started =
    initialization && (await startModules(base, { variant, parameters, initialization }, targets, options, calibrated));
  const modules = new Map<string, ModuleState>();
  for (const module of targets) {
    const own = started?.get(module.name);
    if (started && own === undefined) continue;
    const { rank, scaling } = own ?? variant.strength(parameters, patternNames(module));
    const source = { random, weight: () => weightByOutput(base, module), factors: own?.start };
    modules.set(module.name, {
      rank,
      scaling,
      tensors: await variant.initialize(module, { rank, parameters }, source),
    });
  }
  const saved = calibrated ?? (await savedTensors(base, description, whole, options));
  for (const target of tokens) saved.set(tokenRowsKey(target.module), await baseTokenRows(base, target));
  const hasLabels = labelHead(description) !== undefined;
  const state: AdapterState = {
    variant,
    parameters,
    config,
    coto: null,
    modules,
    shared: variant.shared?.initialize(targets, parameters) ?? new Map(),
    saved,
    biases: new Map(),
    labels: whole.some(({ module }) => module.isHead) && hasLabels ? (labels ?? description.labels) : null,
  };
  const isResidual = initialization?.residual === true && started !== null;
  const subtracted = isResidual ? new Map([...started].map(([name, { start }]) => [name, start])) : null;
  const { seed, roundingRepeat = 0 } = options;
  if (seed !== undefined) refuseBoth(initialization);
  const made = seed === undefined ? state : seededBy(seed, state);
  return {
    state: roundingRepeat === 0 ? made : nudged(made, roundingRepeat),
    subtracted: seed === undefined ? subtracted : null,
  };
}

/** @throws StudioError invalid_input where the factors would start in two ways. */
function refuseBoth(initialization: Initialization | null): void {
  if (initialization === null || initialization.declaration.id === 'kaiming') return;
  throw new StudioError(
    'invalid_input',
    `init_adapter: the run would start from an adapter and by ${initialization.declaration.label} (init_lora_weights).`,
    'Set init_lora_weights to kaiming, or init_adapter to null.',
  ).at('adapter.init_adapter');
}

/**
 * Weights and biases of the modules that are saved whole: the base's own, or drawn.
 * @param description of the base with the task's head
 */
async function savedTensors(
  base: BaseModel,
  description: ModelDescription,
  whole: readonly { readonly module: LinearModule }[],
  { labels, random }: FreshOptions,
): Promise<Map<string, HostTensor>> {
  const saved = new Map<string, HostTensor>();
  for (const { module } of whole) {
    const givesLabels = module.name === labelHead(description)?.name;
    const isNew = module.isMissing || (givesLabels && !isOwnLabels(description, labels));
    const { weight, bias } = isNew
      ? initializeHead(givesLabels ? (labels?.length ?? 0) : module.outFeatures, module.inFeatures, random)
      : await baseValues(base, module);
    saved.set(`${module.name}.weight`, weight);
    if (module.hasBias && bias) saved.set(`${module.name}.bias`, bias);
  }
  return saved;
}

/** PEFT's name of a task; for images it has none, and looks the model's class up instead. */
const taskTypes: Readonly<Record<ModelDescription['kind'], AdapterConfig['task_type']>> = {
  'causal-lm': 'CAUSAL_LM',
  'seq2seq-lm': 'SEQ_2_SEQ_LM',
  'text-classification': 'SEQ_CLS',
  'token-classification': 'TOKEN_CLS',
  'question-answering': 'QUESTION_ANS',
  'image-classification': null,
  embedding: 'FEATURE_EXTRACTION',
  unknown: null,
};

function defaultTask({ kind, image }: ModelDescription): AdapterConfig['task_type'] {
  // PEFT's wrapper for embeddings passes token ids on, which an image model does not accept.
  return image === null ? taskTypes[kind] : null;
}

/** By default the head of a classifier; else what modules_to_save names. */
function modulesTrainedWhole(
  description: ModelDescription,
  settings: AdapterSettings,
  labels: readonly string[] | null,
  headTask: HeadTask | null,
): { module: LinearModule; entry: string }[] {
  const { linears } = description;
  const heads = linears.filter((module) => module.isHead);
  const entries = settings.modules_to_save ?? savedByDefault(description, labels !== null, headTask);
  const whole = entries.flatMap((entry) => {
    const found = linears.filter((module) => [module.name, ...module.aliases].some((name) => isSavedBy(name, entry)));
    if (found.length === 0)
      throw new StudioError(
        'invalid_input',
        `modules_to_save: the base has no linear "${entry}" that could be trained as a whole.`,
        `Its head is ${heads.map((module) => `"${module.name}"`).join(', ') || 'not a linear'}.`,
      ).at('adapter.modules_to_save');
    return found.map((module) => ({ module, entry }));
  });
  if (labels !== null && heads.length === 0)
    throw new StudioError(
      'invalid_input',
      `The base (${description.architecture}) has no head that can be trained as a classifier.`,
      'Choose a base with a classifier, or a text encoder, which gets one.',
    ).at('model');
  if (labels !== null && !isOwnLabels(description, labels) && !whole.some(({ module }) => module.isHead))
    throw new StudioError(
      'invalid_input',
      "modules_to_save leaves out the head, but the data's labels are not those of the base.",
      `Add ${heads.map((module) => `"${module.name}"`).join(', ')} to modules_to_save, so that a new head is trained.`,
    ).at('adapter.modules_to_save');
  return whole;
}

/** @throws StudioError invalid_input for a token that the tokenizer does not have */
function tokenConfig(
  { trainable_token_indices: given }: AdapterSettings,
  tokenId: FreshOptions['tokenId'],
): Pick<AdapterConfig, 'trainable_token_indices'> {
  return given === undefined || given === null ? {} : { trainable_token_indices: tokenIds(given, tokenId) };
}

/** PEFT adds both of its classifier names to the saved modules of an adapter that classifies texts or their tokens. */
function savedEntries(
  taskType: AdapterConfig['task_type'],
  { modules_to_save }: AdapterSettings,
  entries: readonly string[],
): string[] | null {
  const isClassifier = taskType === 'SEQ_CLS' || taskType === 'TOKEN_CLS';
  const names = isClassifier && modules_to_save === null ? [...entries, 'classifier', 'score'] : entries;
  return names.length > 0 ? [...new Set(names)] : null;
}

/** Returns true for text classification: labels turn a bare encoder into a classifier. */
function classifiesTexts({ kind, linears }: ModelDescription, hasLabels: boolean): boolean {
  return kind === 'text-classification' || (kind === 'embedding' && hasLabels && linears.some(({ isHead }) => isHead));
}

/** PEFT's entry for a text classifier, with the rest of its head; other classifier heads by name. */
export function savedByDefault(
  description: ModelDescription,
  hasLabels: boolean,
  headTask: string | null = null,
): string[] {
  const heads = description.linears.filter((module) => module.isHead).map(({ name }) => name);
  const isOfTokens = [...tokenHeads.values()].some(({ kind }) => kind === description.kind);
  const isScored = description.kind === 'causal-lm' && labelHead(description) !== undefined;
  if (tokenHeads.has(headTask ?? '') || isOfTokens || isScored) return heads;
  if (classifiesTexts(description, hasLabels))
    return [...new Set(heads.map((name) => (isSavedBy(name, 'classifier') ? 'classifier' : name)))];
  return description.kind === 'image-classification' ? heads : [];
}

function isOwnLabels({ labels: own }: ModelDescription, labels: readonly string[] | null): boolean {
  return labels === null || (labels.length === own.length && labels.every((label, index) => label === own[index]));
}

/** The base's own values of a linear layer, copied: weight [out, in] and bias [out]. */
async function baseValues(
  base: BaseModel,
  module: LinearModule,
): Promise<{ weight: HostTensor; bias: HostTensor | null }> {
  const { weight, bias } = base.frozen(module);
  return { weight: await toHost(weight), bias: bias && (await toHost(bias)) };
}
