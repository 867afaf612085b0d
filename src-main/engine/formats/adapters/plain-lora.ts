import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { adapterConfigSchema, type ConvertedModule } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { requireLinear } from '../../adapters/targets/target-modules.ts';
import type { AdapterState, ModuleState } from '../../adapters/variant/state.ts';
import { type HostModule, withShared } from '../../adapters/variant/variant.ts';
import { lora } from '../../adapters/variants/lora.ts';
import { onDevice } from '../../adapters/weights/merged-weights.ts';
import type { MergedUpdate } from '../../merge/merge-method.ts';
import { cutMatrix, cutProduct, type RankCut } from '../../merge/spaces/cut-rank.ts';
import { toMatrix } from '../../ops/linear/frozen-weight.ts';
import { toHost } from '../../ops/to-host.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';

/** Error of a conversion: relative errors are ‖ΔW − B·A‖ / ‖ΔW‖ in the Frobenius norm. */
export interface PlainLoraReport {
  readonly modules: number;
  readonly lowestRank: number;
  readonly highestRank: number;
  /** Over all modules together. */
  readonly error: number;
  readonly largest: { readonly module: string; readonly error: number };
}

/**
 * An adapter of any variant as plain LoRA: ΔW = merged − base of each module, cut by SVD to a rank or an energy share
 * (Eckart and Young 1936); the scale is in B, so that every module has the same one. If the variant's update is a
 * product, no weight of the base is read.
 *
 * @param weight reads the base's weight [outFeatures, inFeatures] of a module; the compute backend is active then.
 * @throws StudioError refused where the adapter changes more than weights, or the base is needed and not there.
 */
export async function toPlainLora(
  state: AdapterState,
  description: ModelDescription,
  cut: RankCut,
  weight: (module: string) => Promise<HostTensor>,
  onModule: (done: number, total: number) => Promise<void> = async () => undefined,
): Promise<{ state: AdapterState; report: PlainLoraReport }> {
  const { variant } = state;
  const modules = new Map<string, ModuleState>();
  const cuts: ModuleCut[] = [];
  for (const [name, own] of state.modules) {
    const module = requireLinear(description, name);
    const adapted = withShared(module, own, state);
    if (variant.weights?.mergedBias?.changes(adapted))
      throw new StudioError(
        'refused',
        `The adapter changes the bias of ${name}, which a plain LoRA has no place for.`,
        'Merge it into its base instead.',
      );
    const draws = () => RandomStream.named(0, 'merge', `plain-lora/${name}`);
    const made =
      variant.product.lowRank === null
        ? cutMatrix(await difference(state, adapted, await weight(name)), cut, draws)
        : cutProduct(variant.product.lowRank(adapted), cut);
    modules.set(name, {
      rank: made.rank,
      scaling: 1,
      tensors: new Map([
        ['a', made.a],
        ['b', made.b],
      ]),
    });
    const { kept, total } = energiesOf(made);
    cuts.push({ module: name, rank: made.rank, lost: Math.max(0, total - kept), total });
    await onModule(modules.size, state.modules.size);
  }
  return {
    state: withFactors(state, modules),
    report: reportOf(cuts),
  };
}

/** The cut of one module: its rank, and the squared lengths of what it leaves out and of ΔW. */
interface ModuleCut {
  readonly module: string;
  readonly rank: number;
  readonly lost: number;
  readonly total: number;
}

/** Rank and relative error of each module, the largest error first. */
export function errorsOf(cuts: readonly ModuleCut[]): ConvertedModule[] {
  return cuts
    .map(({ module: name, rank, lost, total }) => ({ name, rank, error: errorOf(lost, total) }))
    .sort((one, other) => other.error - one.error);
}

export function reportOf(cuts: readonly ModuleCut[]): PlainLoraReport {
  const ranks = cuts.map(({ rank }) => rank);
  const errors = cuts.map(({ module, lost, total }) => ({ module, error: errorOf(lost, total) }));
  const [first = { module: '', error: 0 }] = errors.toSorted((one, other) => other.error - one.error);
  const sum = (part: 'lost' | 'total') => cuts.reduce((all, own) => all + own[part], 0);
  return {
    modules: cuts.length,
    lowestRank: Math.min(...ranks),
    highestRank: Math.max(...ranks),
    error: errorOf(sum('lost'), sum('total')),
    largest: { module: first.module, error: first.error },
  };
}

/** A conversion in one sentence, without its full stop. */
export function conversionNote({ lowestRank, highestRank, error, largest }: PlainLoraReport): string {
  const percent = (share: number) => `${(100 * share).toPrecision(2)} %`;
  const ranks = lowestRank === highestRank ? `rank ${lowestRank}` : `ranks ${lowestRank} to ${highestRank}`;
  return `Plain LoRA of ${ranks}; relative error of ΔW ${percent(error)}, at most ${percent(largest.error)} (${largest.module})`;
}

/**
 * An adapter whose update is a product, e.g. ABBA's two products entry by entry, as the equal plain LoRA of the full rank.
 * Returns null where the update is no product.
 */
export function toEqualLora(state: AdapterState, description: ModelDescription): AdapterState | null {
  const { lowRank } = state.variant.product;
  if (lowRank === null) return null;
  const modules = new Map<string, ModuleState>();
  for (const [name, own] of state.modules) {
    const { a, b, scaling } = lowRank(withShared(requireLinear(description, name), own, state));
    const tensors = new Map([
      ['a', a],
      ['b', b],
    ]);
    modules.set(name, { rank: a.shape[0] ?? 0, scaling, tensors });
  }
  return withFactors(state, modules);
}

/** The adapter as plain LoRA with these factors. */
function withFactors(state: AdapterState, modules: AdapterState['modules']): AdapterState {
  const config = adapterConfigSchema.parse({ ...commonKeys(state), peft_type: lora.files.type });
  return {
    ...state,
    variant: lora,
    parameters: lora.files.fromConfig(config),
    config,
    modules,
    shared: new Map(),
  };
}

/** ΔW = merged − base, computed on the active backend. */
async function difference({ variant }: AdapterState, adapted: HostModule, base: HostTensor): Promise<HostTensor> {
  return onDevice(adapted, async (placed) => {
    const delta = tf.tidy(() => {
      const own = toMatrix(base);
      return tf.sub<tf.Tensor2D>(variant.mergedWeight(own, placed, false), own);
    });
    try {
      return await toHost(delta);
    } finally {
      delta.dispose();
    }
  });
}

function energiesOf({ energy }: MergedUpdate): { kept: number; total: number } {
  return energy ?? { kept: 0, total: 0 };
}

function errorOf(lost: number, total: number): number {
  return total === 0 ? 0 : Math.sqrt(lost / total);
}

/** The keys about targets that every kind has: those of the variant's own would mean something else. */
function commonKeys({ config }: AdapterState): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => key in adapterConfigSchema.parse({})));
}
