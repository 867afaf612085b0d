import { adapterConfigSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import {
  labelHead,
  type ModelDescription,
  withTaskHead,
  writesText,
} from '../../../../src-shared/domain/models/model.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { findLinear } from '../../adapters/targets/target-modules.ts';
import type { AdapterState } from '../../adapters/variant/state.ts';
import { lora } from '../../adapters/variants/lora.ts';
import { tokensOfSaved } from '../../adapters/weights/trained-tokens.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { sum } from '../merge-method.ts';
import { weightedSum } from '../spaces/weighted-sums.ts';

/** Parts of an adapter that a task head is made of. */
type Headed = Pick<AdapterState, 'saved' | 'labels'>;

/**
 * The adapter without its task head: what is merged of adapters of different tasks. The head is what is saved whole
 * (modules_to_save, e.g. the classifier), and a low-rank update of the classifier.
 */
export function withoutHead(state: AdapterState, description: ModelDescription): AdapterState {
  const modules = new Map([...state.modules].filter(([name]) => findLinear(description, name)?.isHead !== true));
  const config = { ...state.config, modules_to_save: null, ...tokensOfSaved(state.config, []) };
  return { ...state, modules, saved: new Map(), labels: null, config };
}

/**
 * The low-rank updates of `state` with the task head of `head`, which the field evaluates merged classifiers with. A
 * language model without a classifier has no task head: there it is `state` itself.
 */
export function withHead(state: AdapterState, head: AdapterState, description: ModelDescription): AdapterState {
  if (!hasTaskHead(head, description)) return state;
  const { saved, labels, config } = head;
  const body = withoutHead(state, description);
  const own = [...head.modules].filter(([name]) => findLinear(description, name)?.isHead === true);
  return {
    ...body,
    modules: new Map([...body.modules, ...own]),
    saved,
    labels,
    config: {
      ...body.config,
      modules_to_save: config.modules_to_save,
      task_type: config.task_type,
      ...tokensOfSaved(body.config, [head]),
    },
  };
}

/** Modules with low-rank updates of a task head, by name. */
export function headModules(state: AdapterState, description: ModelDescription): ReadonlySet<string> {
  if (!hasTaskHead(state, description)) return new Set();
  return new Set([...state.modules.keys()].filter((name) => findLinear(description, name)?.isHead === true));
}

/** A language model without a classifier has no task head. */
function hasTaskHead({ config }: Pick<AdapterState, 'config'>, description: ModelDescription): boolean {
  return !writesText(description) || labelHead(withTaskHead(description, config.task_type)) !== undefined;
}

/** The plain base, as an adapter that changes nothing. */
export function plainBase(): AdapterState {
  return {
    variant: lora,
    parameters: checkedParameters(lora.declaration, {}),
    config: adapterConfigSchema.parse({}),
    coto: null,
    labels: null,
    modules: new Map(),
    shared: new Map(),
    saved: new Map(),
    biases: new Map(),
  };
}

/** Σ wᵢ·headᵢ / Σ wᵢ, tensor by tensor over the adapters that saved it: the head that adapters of one task share. */
export function meanHead(states: readonly Headed[], weights: readonly number[]): ReadonlyMap<string, HostTensor> {
  const names = new Set(states.flatMap(({ saved }) => [...saved.keys()]));
  const merged = [...names].map((name) => {
    const having = states.flatMap(({ saved }, index) => {
      const tensor = saved.get(name);
      return tensor ? [{ tensor, weight: weights[index] ?? 0 }] : [];
    });
    const total = sum(having.map(({ weight }) => weight));
    const shares = having.map(({ weight }) => weight / total);
    const tensors = having.map(({ tensor }) => tensor);
    return [name, weightedSum(tensors, shares)] as const;
  });
  return new Map(merged);
}
