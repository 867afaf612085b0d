import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { findLinear } from '../../adapters/targets/target-modules.ts';
import type { AdapterState, ModuleState } from '../../adapters/variant/state.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { StateMergeMethod } from '../merge-method.ts';
import { weightedSum } from '../spaces/weighted-sums.ts';

/**
 * The average of parameters as the field means it: every trained tensor of adapters of one variant by its name, Σ wᵢ·Tᵢ
 * / Σ wᵢ. For LoRA's factors, this is the factor average; further parts, such as DoRA's magnitudes, are averaged alike.
 * Fixed tensors (indices, random projections) must be the same in all. Source: CoTo (ICML 2025, arXiv 2506.05713),
 * whose "Fusion" averages parameters.
 */
export const parameterAverage: StateMergeMethod = {
  declaration: {
    id: 'parameter-average',
    label: 'Parameter average',
    summary:
      'Averages every trained tensor of adapters of one variant by its name: factors, and what else the variant has, such as DoRA’s magnitudes.',
    paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
    parameters: [],
  },
  makes: 'adapter',
  needs: {
    equalRanks: true,
    equalTargets: true,
    negativeWeights: true,
    oneVariant: true,
    normalized: () => true,
  },
  mergeStates(states, weightsIn, description) {
    const [first] = states;
    if (first === undefined) throw new RangeError('An average needs at least one adapter.');
    for (const name of first.shared.keys())
      requireSame(
        states.map(({ shared }) => shared.get(name)),
        `${name} of all modules`,
      );
    const modules = new Map(
      [...first.modules].map(([name, module]) => [name, averageModule(name, module, states, weightsIn, description)]),
    );
    const outside = weightsIn(null);
    const biases = new Map(
      [...first.biases.keys()].map((name) => {
        const tensors = states.map((state) => present(state.biases.get(name), name));
        requireShapes(tensors, name);
        return [name, weightedSum(tensors, outside)];
      }),
    );
    return { modules, shared: first.shared, biases };
  },
};

function averageModule(
  name: string,
  { rank, scaling, tensors }: ModuleState,
  states: readonly AdapterState[],
  weightsIn: (layer: number | null) => readonly number[],
  description: ModelDescription,
): ModuleState {
  const module = present(findLinear(description, name) ?? undefined, name);
  const modules = states.map((state) => present(state.modules.get(name), name));
  if (modules.some((other) => other.scaling !== scaling))
    throw new StudioError(
      'refused',
      `${name} has different scalings in the adapters, so that their tensors are not of one scale.`,
      'Use the factor average or the ΔW average, which count each adapter with its own scaling.',
    );
  const { variant, parameters } = present(states[0], name);
  const trained = new Set(
    variant.parts(module, { rank, parameters }).flatMap((part) => (part.trainable ? part.name : [])),
  );
  const averaged = [...tensors.keys()].map((part) => {
    const all = modules.map((own) => present(own.tensors.get(part), `${part} of ${name}`));
    requireShapes(all, `${part} of ${name}`);
    if (trained.has(part)) return [part, weightedSum(all, weightsIn(module.layer))] as const;
    requireSame(all, `${part} of ${name}`);
    return [part, present(all[0], part)] as const;
  });
  return { rank, scaling, tensors: new Map(averaged) };
}

function requireShapes(tensors: readonly HostTensor[], name: string): void {
  const shape = tensors[0]?.shape.join();
  const other = tensors.find((tensor) => tensor.shape.join() !== shape);
  if (other)
    throw new StudioError(
      'refused',
      `${name} is [${tensors[0]?.shape.join(', ')}] in one adapter and [${other.shape.join(', ')}] in another.`,
      'Use the ΔW average, which supports different ranks and targets.',
    );
}

/** @throws StudioError refused where tensors that are not trained differ: what is trained on top has another meaning. */
function requireSame(tensors: readonly (HostTensor | undefined)[], name: string): void {
  const [first, ...others] = tensors;
  const isSame = (other: HostTensor | undefined) =>
    other?.data.length === first?.data.length && other?.data.every((value, at) => value === first?.data[at]) === true;
  if (others.every(isSame)) return;
  throw new StudioError(
    'refused',
    `${name} is not trained and differs between the adapters (as random projections of other seeds do), so that what is trained on it has no average.`,
    'Use the ΔW average or the output ensemble.',
  );
}

function present<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw new StudioError('refused', `An adapter has no ${name}, others do.`, 'Merge adapters with the same parts.');
}
