import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { layRows } from '../../tensors/float-arrays.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { Factors } from '../initializations/initialization.ts';
import type { AdapterState, ModuleState } from '../variant/state.ts';
import { type ModuleStrength, requireRank } from '../variant/variant.ts';

/**
 * The equal adapter on the unchanged base, as PEFT converts it: W − s·B₀·A₀ + s·B·A = W + s·[B, −B₀]·[A; A₀], of twice the rank.
 * It starts like any other LoRA when it is loaded, and modules saved whole stay with it.
 */
export function joinFactors(trained: AdapterState, subtracted: ReadonlyMap<string, Factors>): AdapterState {
  const modules = new Map<string, ModuleState>();
  for (const [name, module] of trained.modules) {
    const before = subtracted.get(name);
    modules.set(name, before === undefined ? module : joined(name, module, before));
  }
  return { ...trained, modules, parameters: { ...trained.parameters, init_lora_weights: 'kaiming' } };
}

/** An adapter as training holds it, and what the base loses for it (null: nothing). */
export interface TrainingForm {
  readonly trained: AdapterState;
  readonly subtracted: ReadonlyMap<string, Factors> | null;
}

/** The adapter of a run's checkpoint, with the run's own settings, as training goes on with it. */
export function trainingForm(checkpoint: AdapterState): TrainingForm {
  const { variant, parameters } = checkpoint;
  if (!variant.residual?.initialization(parameters).residual) return { trained: checkpoint, subtracted: null };
  return splitFactors(checkpoint, (name) => variant.strength(parameters, [name]));
}

/**
 * The inverse of `joinFactors`, bit for bit: the trained factors and those that the base loses.
 * @param strengthOf rank and scaling of the trained half of a module.
 */
export function splitFactors(
  whole: AdapterState,
  strengthOf: (name: string, module: ModuleStrength) => ModuleStrength,
): { readonly trained: AdapterState; readonly subtracted: Map<string, Factors> } {
  const modules = new Map<string, ModuleState>();
  const subtracted = new Map<string, Factors>();
  for (const [name, module] of whole.modules) {
    const { rank, scaling } = strengthOf(name, module);
    const [a, b] = [tensorOf(name, module, 'a'), tensorOf(name, module, 'b')];
    const half = requireRank({ rank });
    if (a.shape[0] !== 2 * half)
      throw new StudioError(
        'invalid_file',
        `The adapter of ${name} has rank ${a.shape[0]}, not twice ${half}: it does not contain the factors that it started with.`,
        'Start the run again.',
      );
    const tensors = new Map([...module.tensors, ['a', rowsOf(a, 0, half)], ['b', columnsOf(b, 0, half)]]);
    modules.set(name, { rank, scaling, tensors });
    subtracted.set(name, { a: rowsOf(a, half, 2 * half), b: negated(columnsOf(b, half, 2 * half)) });
  }
  return { trained: { ...whole, modules }, subtracted };
}

function joined(name: string, module: ModuleState, before: Factors): ModuleState {
  const [a, b] = [tensorOf(name, module, 'a'), tensorOf(name, module, 'b')];
  const [rank = 0, inFeatures = 0] = a.shape;
  const outFeatures = b.shape[0] ?? 0;
  const rows = new Float32Array(2 * rank * inFeatures);
  rows.set(a.data);
  rows.set(before.a.data, rank * inFeatures);
  const columns = new Float32Array(outFeatures * 2 * rank);
  layRows(columns, 0, 2 * rank, b.data, rank);
  layRows(columns, rank, 2 * rank, negated(before.b).data, rank);
  const tensors = new Map(module.tensors);
  tensors.set('a', { shape: [2 * rank, inFeatures], data: rows });
  tensors.set('b', { shape: [outFeatures, 2 * rank], data: columns });
  return { rank: 2 * rank, scaling: module.scaling, tensors };
}

function tensorOf(name: string, { tensors }: ModuleState, part: string): HostTensor {
  const tensor = tensors.get(part);
  if (tensor === undefined) throw new Error(`the adapter of ${name} has no tensor ${part}`);
  return tensor;
}

function rowsOf({ shape, data }: HostTensor, from: number, to: number): HostTensor {
  const columns = shape[1] ?? 0;
  return { shape: [to - from, columns], data: data.slice(from * columns, to * columns) };
}

function columnsOf({ shape, data }: HostTensor, from: number, to: number): HostTensor {
  const [rows = 0, columns = 0] = shape;
  const width = to - from;
  const kept = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) kept.set(data.subarray(row * columns + from, row * columns + to), row * width);
  return { shape: [rows, width], data: kept };
}

function negated({ shape, data }: HostTensor): HostTensor {
  return { shape, data: Float32Array.from(data, (value) => -value) };
}
