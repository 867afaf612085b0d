import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ForeignBase } from '../../../../src-shared/domain/models/model.ts';
import { matmul, transpose } from '../../linalg/index.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';
import type { SafetensorsFile } from '../../tensors/safetensors.ts';
import { type CollectedModule, collectModules, finite, incompleteHint } from './collect-modules.ts';
import { type CutUpdate, cutUpdate } from './cut-update.ts';
import { type ForeignKind, type ForeignUpdate, foreignKinds, MissingPart, type Parts } from './foreign-updates.ts';
import type { KnownBase, ReadAdapter, ReadOptions } from './format.ts';
import type { ModuleKind } from './kohya-keys.ts';
import { conversionNote, errorsOf, reportOf } from './plain-lora.ts';

/** A module of a file, with the names of its tensors by part. */
export interface NamedModule {
  readonly flat: string;
  readonly name: string;
  readonly kind: ModuleKind;
  readonly parts: ReadonlyMap<string, string>;
}

interface OpenForeign {
  readonly file: SafetensorsFile;
  readonly foreign: ForeignBase;
  /** The base whose modules these are; null where none has them. */
  readonly base: KnownBase | null;
}

/** Thrown by a reading that would decompose more values than it may. */
export class LongConversion extends Error {}

/** Highest rank of an import, as of an export to plain LoRA. */
export const defaultRank = 64;

/**
 * Reads a file of kinds that no variant holds, or of several kinds, as plain LoRA: products as they are, all else cut by SVD. An
 * (IA)³ stays one where the studio's computes the same.
 * @throws StudioError refused where an update depends on a base that is not in the studio; invalid_file for tensors that do not
 * fit; LongConversion
 */
export async function readForeign(
  open: OpenForeign,
  modules: readonly NamedModule[],
  { rank: highest = defaultRank, entries: allowed = Number.POSITIVE_INFINITY, onModule }: ReadOptions = {},
): Promise<ReadAdapter> {
  const { file, foreign } = open;
  let entries = 0;
  const count = (further: number) => {
    entries += further;
    if (entries > allowed) throw new LongConversion();
  };
  for (const module of modules) count(knownEntries(open, module));
  if (modules.every(({ kind }) => kind === 'ia3')) {
    const kept = await readIa3(open, modules);
    if (kept) return collectModules(file.path, 'ia3', kept.modules, foreign, { feedforward_modules: kept.inputs });
  }
  const collected: ConvertedModule[] = [];
  const cuts: { module: string; rank: number; lost: number; total: number }[] = [];
  const labels = new Set<string>();
  for (const module of modules) {
    const { alpha, parts } = await readParts(file, module);
    const kind = kindOf(file, module, parts);
    labels.add(kind.label);
    const weight = kind.needsBase ? await baseWeight(open, module, kind) : null;
    const update = fitting(file, module, () => kind.update(parts, { alpha, weight }));
    if ('delta' in update && knownEntries(open, module) === 0) count(elementCount(update.delta.shape));
    const made = fitting(file, module, () => factorsOf(update, module.name, highest));
    const { a, b, rank, lost, total } = made;
    const tensors = new Map([
      ['a', a],
      ['b', b],
    ]);
    const kernel = kind.kernel?.(parts) ?? null;
    const own = { name: module.name, kind: 'linear', tensors, rank, scaling: 1, bias: parts.get('bias') } as const;
    collected.push(kernel ? { ...own, kernel } : own);
    cuts.push({ module: module.name, rank, lost, total });
    await onModule?.(cuts.length, modules.length);
  }
  const hasBias = collected.some(({ bias }) => bias?.data.some((value) => value !== 0));
  if (hasBias)
    for (const { tensors, bias } of collected) {
      const [outputs = 0] = tensors.get('b')?.shape ?? [];
      tensors.set('bias', { shape: [outputs], data: bias?.data ?? new Float32Array(outputs) });
    }
  const read = collectModules(file.path, 'lora', collected, foreign, hasBias ? { lora_bias: true } : {});
  labels.delete(foreignKinds.lora.label);
  if (labels.size === 0) return read;
  const report = reportOf(cuts);
  return {
    ...read,
    note: `Converted from ${[...labels].join(', ')}. ${conversionNote(report)}`,
    conversion: { rank: highest, error: report.error, modules: errorsOf(cuts) },
  };
}

/** Entries of the ΔW of a module, as far as headers tell: by its whole difference, or its base. 0: not known. */
function knownEntries({ file, base }: OpenForeign, { name, parts }: NamedModule): number {
  const whole = parts.get('diff');
  if (whole !== undefined) return elementCount(file.info(whole).shape);
  const linear = base?.description.linears.find((one) => one.name === name);
  return linear === undefined ? 0 : linear.inFeatures * linear.outFeatures;
}

interface ConvertedModule extends CollectedModule {
  readonly tensors: Map<string, HostTensor>;
  readonly bias: HostTensor | undefined;
}

/** All tensors of a module but its alpha. Without one, LyCORIS scales by 1. */
async function readParts(
  file: SafetensorsFile,
  { parts: names }: NamedModule,
): Promise<{ alpha: number | null; parts: Map<string, HostTensor> }> {
  const parts = new Map<string, HostTensor>();
  for (const [part, key] of names) parts.set(part, finite(file.path, key, await file.read(key)));
  const alpha = parts.get('alpha')?.data[0] ?? null;
  parts.delete('alpha');
  return { alpha, parts };
}

/** The kind of a module by its tensors: BOFT has one axis more than diag-OFT. */
function kindOf(file: SafetensorsFile, { flat, kind }: NamedModule, parts: Parts): ForeignKind {
  if (kind === 'diag-oft' && parts.get('oft_blocks')?.shape.length === 4) return foreignKinds.boft;
  if (parts.has('mid') && parts.has('a'))
    throw new StudioError(
      'refused',
      `${file.path}: ${flat} is a LoCon by Tucker beside modules of other kinds.`,
      'Train all modules by one kind, or resize it to plain LoRA with the program that made it.',
    );
  return foreignKinds[kind];
}

async function baseWeight({ file, base }: OpenForeign, { name, flat }: NamedModule, { label }: ForeignKind) {
  if (base?.weight) return base.weight(name);
  throw new StudioError(
    'refused',
    `${file.path}: ${flat} is of the kind ${label}, which changes a weight by a function of the weight, and no base in the studio has its modules.`,
    'Add its base model to the studio first, then import the file. For an image model, convert it to LoRA with the program that made it.',
  );
}

function factorsOf(update: ForeignUpdate, name: string, highest: number): CutUpdate {
  if ('delta' in update) return cutUpdate(update.delta, highest, name);
  const { a, b } = update;
  // ‖B·A‖² = the sum of (BᵀB) ∘ (AAᵀ).
  const [left, right] = [matmul(transpose(b), b), matmul(a, transpose(a))];
  const total = left.data.reduce((sum, value, at) => sum + value * (right.data[at] ?? 0), 0);
  const plain = ({ shape, data }: typeof a) => ({ shape, data: Float32Array.from(data) });
  return { a: plain(a), b: plain(b), rank: a.shape[0] ?? 0, lost: 0, total };
}

/** Runs a computation on a module's tensors; one that does not fit them is the file's fault. */
function fitting<Result>({ path }: SafetensorsFile, { flat }: NamedModule, compute: () => Result): Result {
  try {
    return compute();
  } catch (error) {
    if (error instanceof MissingPart)
      throw new StudioError('invalid_file', `${path}: ${flat} lacks the tensor ${error.message}.`, incompleteHint);
    if (error instanceof StudioError || !(error instanceof Error)) throw error;
    throw new StudioError(
      'invalid_file',
      `${path}: the tensors of ${flat} do not fit one another, or the weight of its base.`,
      'Was the adapter made for another base model?',
      error.message,
    );
  }
}

/** (IA)³ as the studio's own; null where LyCORIS leaves a bias unchanged that the studio's would scale, or may do so. */
async function readIa3(
  { file, base }: OpenForeign,
  modules: readonly NamedModule[],
): Promise<{ modules: CollectedModule[]; inputs: string[] } | null> {
  const collected: CollectedModule[] = [];
  const inputs: string[] = [];
  for (const module of modules) {
    const { parts } = await readParts(file, module);
    const [weight, onInput] = [parts.get('weight'), Number(parts.get('on_input')?.data[0])];
    if (!weight)
      throw new StudioError('invalid_file', `${file.path}: ${module.flat} lacks the tensor weight.`, incompleteHint);
    const linear = base?.description.linears.find(({ name }) => name === module.name);
    const count = elementCount(weight.shape);
    if (onInput === 1) inputs.push(module.name);
    else if (linear === undefined || linear.hasBias) return null;
    const l = {
      shape: onInput === 1 ? [1, count] : [count, 1],
      data: Float32Array.from(weight.data, (value) => 1 + value),
    };
    collected.push({ name: module.name, kind: 'linear', tensors: new Map([['l', l]]), rank: null, scaling: 1 });
  }
  return { modules: collected, inputs };
}
