import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig, AdapterSettings, TokenIndices } from '../../../../src-shared/domain/adapters/adapter.ts';
import {
  inputEmbedding,
  type LinearModule,
  type ModelDescription,
  writesText,
} from '../../../../src-shared/domain/models/model.ts';
import type { BaseModel } from '../../models/base-model.ts';
import {
  type FrozenWeight,
  frozenLinear,
  replaceColumns,
  replaceRows,
  type TrainedRows,
  trainedLinear,
} from '../../ops/index.ts';
import type { LinearOptions } from '../../ops/linear/linear-options.ts';
import { toHost } from '../../ops/to-host.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { everyName } from '../targets/target-modules.ts';
import type { AdapterVariant } from '../variant/variant.ts';

/** End of the key of trained token rows in PEFT's files and in `AdapterState.saved`, after the module's name. */
const rowsEnd = '.token_adapter.trainable_tokens_delta';

/** Keys that say which tokens an adapter trains. */
type TokenConfig = Pick<AdapterConfig, 'trainable_token_indices'>;

/** Tensors by their names. */
type Named = Pick<ReadonlyMap<string, unknown>, 'keys'>;

/** An embedding or head whose rows of some tokens are trained (`trainable_token_indices`). */
export interface TokenTarget {
  readonly module: LinearModule;
  /** Token ids in the order of the trained rows. */
  readonly ids: readonly number[];
  /** The head that uses the same rows, because it is tied to this embedding. */
  readonly tiedHead: LinearModule | null;
}

/** Key of a module's trained token rows [tokens, width]. */
export function tokenRowsKey({ name }: Pick<LinearModule, 'name'>): string {
  return `${name}${rowsEnd}`;
}

/** Name of the module whose trained token rows a key holds; null for other keys. */
export function tokenRowsModule(key: string): string | null {
  return key.endsWith(rowsEnd) ? key.slice(0, -rowsEnd.length) : null;
}

/** Shape of a target's trained rows. */
export function tokenRowsShape({ module, ids }: Pick<TokenTarget, 'module' | 'ids'>): number[] {
  return [ids.length, widthOf(module)];
}

function widthOf({ kind, inFeatures, outFeatures }: LinearModule): number {
  return kind === 'embedding' ? outFeatures : inFeatures;
}

/** Returns the setting if the saved tensors have rows of tokens; null otherwise. */
export function trainedTokens(config: TokenConfig, savedNames: Iterable<string>): TokenIndices | null {
  const hasRows = [...savedNames].some((name) => tokenRowsModule(name) !== null);
  return hasRows ? (config.trainable_token_indices ?? null) : null;
}

/**
 * The setting for an adapter with the saved tensors of others, to be put over its config.
 * @param sources the adapters whose saved tensors it gets; the first with rows of tokens determines the tokens
 */
export function tokensOfSaved(
  config: TokenConfig,
  sources: readonly { readonly config: TokenConfig; readonly saved: Named }[],
): TokenConfig {
  const tokens = sources.map((source) => trainedTokens(source.config, source.saved.keys())).find((one) => one !== null);
  const given = config.trainable_token_indices ?? null;
  return tokens === undefined && given === null ? {} : { trainable_token_indices: tokens ?? null };
}

/** Returns true if adapters with rows of the same modules have them for the same tokens. */
export function haveSameTokens(adapters: readonly { readonly config: TokenConfig; readonly saved: Named }[]): boolean {
  const known = new Map<string, string>();
  for (const { config, saved } of adapters)
    for (const key of saved.keys()) {
      const module = tokenRowsModule(key);
      if (module === null) continue;
      const ids = idsOf(config, module).join();
      if ((known.get(module) ?? ids) !== ids) return false;
      known.set(module, ids);
    }
  return true;
}

function idsOf({ trainable_token_indices: given }: TokenConfig, module: string): readonly number[] {
  if (given === undefined || given === null || Array.isArray(given)) return given ?? [];
  return Object.entries(given).find(([name]) => module.endsWith(name))?.[1] ?? [];
}

/**
 * The modules with trained tokens, by PEFT's rules: a list means the input embedding, and a key of a map means the modules
 * whose names end with it. A head that is tied to the input embedding uses the embedding's rows, unless the map gives it
 * other tokens.
 * @throws StudioError invalid_input for tokens or modules that the base does not have
 */
export function tokenTargets(config: TokenConfig, description: ModelDescription): TokenTarget[] {
  const { trainable_token_indices: given } = config;
  if (given === undefined || given === null) return [];
  const input = requireEmbeddingOfTokens(description);
  const wanted = new Map<LinearModule, readonly number[]>();
  const entries = Array.isArray(given) ? [[input.name, given] as const] : Object.entries(given);
  for (const [name, ids] of entries)
    for (const module of modulesNamed(name, description)) wanted.set(module, checkedIds(ids, module));
  const head = tiedHead(description, input);
  const [ofInput, ofHead] = [wanted.get(input), head && wanted.get(head)];
  const isShared = ofInput !== undefined && (!ofHead || ofHead.join() === ofInput.join());
  return description.linears.flatMap((module) => {
    const ids = wanted.get(module);
    if (ids === undefined || (isShared && module === head)) return [];
    return [{ module, ids, tiedHead: isShared && module === input ? head : null }];
  });
}

/** @throws StudioError invalid_input if the base has no embedding of tokens */
function requireEmbeddingOfTokens(description: ModelDescription): LinearModule {
  const found = inputEmbedding(description);
  if (found) return found;
  throw invalid(`the base (${description.architecture}) has no embedding of tokens.`, 'Leave it out.');
}

/** The head that the base stores as one tensor with its input embedding. */
export function tiedHead({ linears }: ModelDescription, { checkpointKey }: LinearModule): LinearModule | null {
  return linears.find((module) => module.isHead && module.checkpointKey === checkpointKey) ?? null;
}

function modulesNamed(name: string, description: ModelDescription): LinearModule[] {
  const isTable = (module: LinearModule) =>
    module.kind === 'embedding' || (module.isHead && !module.isMissing && writesText(description));
  const tables = description.linears.filter(isTable);
  const found = name === '' ? [] : tables.filter((module) => everyName(module).some((own) => own.endsWith(name)));
  if (found.length > 0) return found;
  throw invalid(
    `the base has no embedding or head "${name}".`,
    `It has ${tables.map((module) => module.name).join(', ') || 'none'}.`,
  );
}

function checkedIds(ids: readonly number[], { name, kind, inFeatures, outFeatures }: LinearModule): readonly number[] {
  const rows = kind === 'embedding' ? inFeatures : outFeatures;
  if (ids.length === 0) throw invalid(`no token of ${name} is named.`, 'Name the tokens to train, or leave it out.');
  const outside = ids.find((id) => id >= rows);
  if (outside !== undefined)
    throw invalid(
      `token ${outside} is not one of the ${rows} tokens of ${name}.`,
      'Add new tokens to the model first: coto models add-tokens.',
    );
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw invalid(`token ${twice} is named twice for ${name}.`, 'Name each token once.');
  return ids;
}

/**
 * The modules whose tokens a new adapter of the variant trains.
 * @param others the modules that get an adapter, and those that are trained in full
 * @throws StudioError invalid_input where the variant, the base or the other settings do not allow it
 */
export function plannedTokens(
  { files, declaration }: AdapterVariant,
  config: TokenConfig,
  description: ModelDescription,
  { adapted, whole }: Readonly<Record<'adapted' | 'whole', readonly LinearModule[]>>,
): TokenTarget[] {
  const targets = tokenTargets(config, description);
  if (targets.length > 0 && !files.sharedKeys.includes('trainable_token_indices'))
    throw invalid(`${declaration.label} has no trained tokens in PEFT.`, 'Choose LoRA, rsLoRA, DoRA or AdaLoRA.');
  const modules = targets.flatMap(({ module, tiedHead: head }) => [module, ...(head ? [head] : [])]);
  for (const [others, key] of [
    [whole, 'modules_to_save'],
    [adapted, 'target_modules'],
  ] as const) {
    const both = modules.find((module) => others.includes(module));
    if (both !== undefined)
      throw invalid(
        `${both.name} is also named by ${key}, which trains it differently.`,
        'Take it out of one of them.',
      );
  }
  return targets;
}

/**
 * The setting with ids in place of texts.
 * @throws StudioError invalid_input for a token that the tokenizer does not have
 */
export function tokenIds(
  given: NonNullable<AdapterSettings['trainable_token_indices']>,
  tokenId: (text: string) => number | null = () => null,
): TokenIndices {
  const resolved = (tokens: readonly (number | string)[]) =>
    tokens.map((token) => {
      const id = typeof token === 'number' ? token : tokenId(token);
      if (id !== null) return id;
      throw invalid(
        `the tokenizer has no token "${token}".`,
        'Check its spelling, or add it to the model first: coto models add-tokens.',
      );
    });
  if (Array.isArray(given)) return resolved(given);
  return Object.fromEntries(Object.entries(given).map(([name, tokens]) => [name, resolved(tokens)]));
}

/** The base's own rows of a target's tokens, copied. */
export async function baseTokenRows(base: BaseModel, { module, ids }: TokenTarget): Promise<HostTensor> {
  const rows = tf.tidy(() => tf.gather(base.frozen(module).weight, tf.tensor1d([...ids], 'int32')));
  try {
    return await toHost(rows);
  } finally {
    rows.dispose();
  }
}

/** A table [tokens, width] with the rows of `ids` replaced. */
export function withTokenRows(table: HostTensor, ids: readonly number[], rows: HostTensor): HostTensor {
  const data = Float32Array.from(table.data);
  const width = rows.shape[1] ?? 0;
  for (const [index, id] of ids.entries())
    data.set(Float32Array.from(rows.data.subarray(index * width, (index + 1) * width)), id * width);
  return { shape: table.shape, data };
}

/** Number of values of each tensor of trained rows that a run with this setting has. */
export function tokenRowSizes(
  given: AdapterSettings['trainable_token_indices'],
  description: ModelDescription,
): number[] {
  if (given === undefined || given === null) return [];
  if (Array.isArray(given)) return [given.length * widthOf(requireEmbeddingOfTokens(description))];
  return Object.entries(given).flatMap(([name, tokens]) =>
    modulesNamed(name, description).map((module) => tokens.length * widthOf(module)),
  );
}

function invalid(reason: string, remedy: string): StudioError {
  return new StudioError('invalid_input', `trainable_token_indices: ${reason}`, remedy).at(
    'adapter.trainable_token_indices',
  );
}

/** Logits [batch, vocabulary] of a frozen head whose trained tokens have columns of their own. */
export function trainedTokensLinear(
  x: tf.Tensor2D,
  frozen: FrozenWeight,
  { rows, replaced }: TrainedRows,
  options: LinearOptions,
): tf.Tensor2D {
  const bias = frozen.bias && tf.gather<tf.Tensor1D>(frozen.bias, replaced.ids);
  return replaceColumns(frozenLinear(x, frozen, options), trainedLinear(x, rows, bias), replaced);
}

/** Rows [tokens, width] of a frozen table whose trained tokens have rows of their own. */
export function trainedTokensEmbedding(
  ids: tf.Tensor1D,
  frozen: FrozenWeight,
  tokens: { readonly rows: tf.Tensor2D; readonly places: tf.Tensor1D },
): tf.Tensor2D {
  const rows = tf.gather<tf.Tensor2D>(frozen.weight, ids);
  return replaceRows(rows, tokens.rows, tf.gather<tf.Tensor1D>(tokens.places, ids));
}
