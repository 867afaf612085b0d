import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { BaseWeights } from '../../merge/run/base-weights.ts';
import { describeModel } from '../../models/huggingface/model-folder.ts';
import { type ModelWeights, openModelWeights } from '../../models/huggingface/model-weights.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { type CollectedModule, collectModules, finite } from './collect-modules.ts';
import { cutUpdate } from './cut-update.ts';
import type { ReadAdapter, ReadOptions } from './format.ts';
import { conversionNote, errorsOf, reportOf } from './plain-lora.ts';
import { defaultRank, LongConversion } from './read-foreign.ts';

/** A base whose weights are at hand. */
export interface TunedBase {
  readonly name: string;
  readonly path: string;
  readonly description: ModelDescription;
}

/** Returns true for the folder of a whole model, which is no adapter. */
export async function isModelFolder(folder: string): Promise<boolean> {
  const has = async (name: string) => (await stat(join(folder, name)).catch(() => null))?.isFile() ?? false;
  if (!(await has('config.json')) || (await has('adapter_config.json'))) return false;
  return (await has('model.safetensors')) || (await has('model.safetensors.index.json'));
}

/**
 * Reads a model whose weights were all trained as the LoRA that is nearest to it: W_tuned − W_base of each linear, cut by SVD to a
 * rank (mergekit's extract-lora). Norms, biases, embeddings and heads have no place in it; those that differ are counted in
 * the note.
 *
 * @param bases those that it may have come from; without a named one, the only one with the same linears
 * @throws StudioError invalid_input where none or several fit, refused where no linear differs; LongConversion
 */
export async function readTunedModel(
  folder: string,
  bases: readonly TunedBase[],
  { rank = defaultRank, entries: allowed = Number.POSITIVE_INFINITY, onModule }: ReadOptions = {},
): Promise<ReadAdapter> {
  const description = await describeModel(folder);
  const linears = linearsOf(description);
  const base = baseOf(folder, linears, bases);
  if (linears.reduce((sum, one) => sum + one.inFeatures * one.outFeatures, 0) > allowed) throw new LongConversion();
  const after = new BaseWeights({ description, directory: folder });
  const before = new BaseWeights({ description: base.description, directory: base.path });
  const collected: CollectedModule[] = [];
  const cuts: { module: string; rank: number; lost: number; total: number }[] = [];
  try {
    for (const [index, { name }] of linears.entries()) {
      const delta = difference(folder, name, await after.read(name), await before.read(name));
      if (delta.data.some((value) => value !== 0)) {
        const { a, b, ...cut } = cutUpdate(delta, rank, name);
        const tensors = new Map(Object.entries({ a, b }));
        collected.push({ name, kind: 'linear', tensors, rank: cut.rank, scaling: 1 });
        cuts.push({ module: name, ...cut });
      }
      await onModule?.(index + 1, linears.length);
    }
  } finally {
    await after.close();
    await before.close();
  }
  if (collected.length === 0)
    throw new StudioError(
      'refused',
      `${folder} has the linear layers of its base "${base.name}" unchanged, so that there is no LoRA to take from it.`,
      'Choose the folder of the fine-tuned model, and its own base.',
    );
  const others = await otherDifferences(
    folder,
    base.path,
    new Set(linears.map((one) => `${one.checkpointKey}.weight`)),
  );
  const report = reportOf(cuts);
  return {
    ...collectModules(folder, 'lora', collected, { name: base.name, hash: null, architecture: null }),
    note: [`Extracted from a fine-tuned model`, conversionNote(report), ...leftOut(others)].join('. '),
    conversion: { rank, error: report.error, modules: errorsOf(cuts) },
  };
}

/** The linears that a LoRA of any program has a place for. */
function linearsOf({ linears }: ModelDescription): LinearModule[] {
  return linears.filter(
    ({ kind, isHead, isMissing, kernel, expert }) =>
      kind === 'linear' && !isHead && !isMissing && kernel === undefined && expert === undefined,
  );
}

function baseOf(folder: string, linears: readonly LinearModule[], bases: readonly TunedBase[]): TunedBase {
  const shapesOf = (modules: readonly LinearModule[]) =>
    modules.map(({ name, inFeatures, outFeatures }) => `${name} ${outFeatures}×${inFeatures}`).join('\n');
  const wanted = shapesOf(linears);
  const fitting = bases.filter((base) => base.path !== folder && shapesOf(linearsOf(base.description)) === wanted);
  const [only, another] = fitting;
  if (only !== undefined && another === undefined) return only;
  throw new StudioError(
    'invalid_input',
    only === undefined
      ? `${folder} is a whole model, and ${bases.length === 1 ? `"${bases[0]?.name}" does not have` : 'no model in the studio has'} its linear layers, so that its LoRA cannot be taken from it.`
      : `${folder} is a whole model, and several models have its linear layers (${fitting.map(({ name }) => name).join(', ')}).`,
    only === undefined
      ? 'Add its base model first; to use it as a base itself, add it as a model.'
      : 'Name its base model.',
  );
}

function difference(folder: string, name: string, after: HostTensor, before: HostTensor): HostTensor {
  const data = new Float32Array(after.data.length);
  for (let at = 0; at < data.length; at++) data[at] = Number(after.data[at]) - Number(before.data[at]);
  return finite(folder, name, { shape: after.shape, data });
}

/** Names of the other tensors of the model that its base lacks or has otherwise. */
async function otherDifferences(folder: string, base: string, taken: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  const tuned = await openModelWeights(folder);
  try {
    const own = await openModelWeights(base);
    try {
      for (const name of tuned.names) if (!taken.has(name) && !(await isEqual(tuned, own, name))) found.push(name);
    } finally {
      await own.close();
    }
  } finally {
    await tuned.close();
  }
  return found;
}

async function isEqual(tuned: ModelWeights, base: ModelWeights, name: string): Promise<boolean> {
  if (!base.has(name)) return false;
  const [after, before] = [await tuned.read(name), await base.read(name)];
  return after.data.length === before.data.length && after.data.every((value, at) => value === before.data[at]);
}

/** Most names of tensors in the note. */
const maxNamed = 3;

function leftOut(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : '';
  return [`Not in it, though they differ from the base: ${names.slice(0, maxNamed).join(', ')}${more}`];
}
