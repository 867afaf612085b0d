import type * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../src-shared/domain/models/model.ts';
import type { TrainableModel } from '../adapters/model/trainable-model.ts';
import type { PassSeeds } from '../adapters/passes/pass-seeds.ts';
import type { PassMarks, PassPlace, PassResult } from '../compute/pass-recorder.ts';
import { nextTapeNode, shallowClone } from '../compute/tfjs-internals.ts';
import type { PreparedLoss } from '../losses/batch-loss.ts';
import type { HiddenStates } from '../models/base-model.ts';
import { as2D } from '../ops/autograd/operation.ts';
import { backThroughLayers, differentiate, halvedStates, type KeptLayer } from './loss-gradients.ts';
import type { StateKeeping } from './state-keeping.ts';

/** Receivers of a pass's progress. */
interface Listeners {
  readonly marks: PassMarks;
  /** Seeds of its dropout; null without dropout. */
  readonly seeds: PassSeeds | null;
}

/** Inputs of either kind of pass. */
interface GivenPass extends Listeners {
  readonly model: TrainableModel;
  readonly variables: readonly tf.Variable[];
  /** Output of the embedding; the caller disposes of it. */
  readonly embedded: HiddenStates;
  readonly loss: PreparedLoss;
  readonly halved: boolean;
  /** True if layers are recorded linear by linear; not with checkpoints or halved states. */
  readonly isByLinear: boolean;
}

/** A linear of a layer, and what it has of the tape. */
interface TapedLinear {
  readonly layer: number;
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The pass of `passGradients` behind the embedding, which says where it is. To be called within `tf.tidy`. */
export function markedPass(
  { gradientCheckpointing = false, halved = false, isByLinear }: StateKeeping & { readonly isByLinear: boolean },
  model: TrainableModel,
  variables: readonly tf.Variable[],
  embedded: HiddenStates,
  loss: PreparedLoss,
  listeners: Listeners,
): PassResult {
  const given = { ...listeners, model, variables, embedded, loss, halved, isByLinear };
  const result = gradientCheckpointing ? checkpointedPass(given) : wholePass(given);
  listeners.seeds?.check();
  return result;
}

function wholePass(given: GivenPass): PassResult {
  const { model, variables, loss, halved, marks, isByLinear } = given;
  const { layerCount } = model.base;
  const linears: TapedLinear[] = [];
  const inLayer = (layer: number, states: HiddenStates) =>
    isByLinear ? layerByLinears(given, layer, states, linears) : layerForward(given, layer, states);
  const lowest = model.lowestActiveLayer();
  let below = given.embedded;
  for (let layer = 0; layer < lowest; layer++) {
    const next = inLayer(layer, below);
    if (below !== given.embedded) below.hidden.dispose();
    below = next;
  }
  // The first operation of each layer on the tape.
  const starts: number[] = [];
  const forward = () => {
    let states = below;
    for (let layer = lowest; layer < layerCount; layer++) {
      starts[layer] = nextTapeNode();
      const next = inLayer(layer, states);
      if (states !== below) states.hidden.dispose();
      states = next;
    }
    starts[layerCount] = nextTapeNode();
    return headForward(given, () => loss.compute(states));
  };
  let layer = layerCount + 1;
  const visit = ({ id }: { id: number }) => {
    while (layer > lowest && id < (starts[layer] ?? Number.POSITIVE_INFINITY)) layer--;
    const segment = isByLinear && layer < layerCount ? segmentBack(layer, id, linears) : {};
    marks.enter({ layer, isBackward: true, ...segment });
  };
  // The lowest layer is recorded whole, like those above it.
  const input = isByLinear && lowest < layerCount ? below.hidden : null;
  const made = differentiate(forward, variables, { input, halved, visit });
  if (made.inputGradient !== null) marks.handBack(made.inputGradient);
  return made;
}

/** Counterpart of `layerForward` that marks the start and end of each linear with an adapter. */
function layerByLinears(given: GivenPass, layer: number, states: HiddenStates, linears: TapedLinear[]): HiddenStates {
  const { model, marks, seeds } = given;
  const enter = (segment: string, isLinear: boolean) => marks.enter({ layer, isBackward: false, segment, isLinear });
  let start = 0;
  const watcher = {
    enter: ({ name }: LinearModule) => {
      start = nextTapeNode();
      enter(name, true);
    },
    leave: ({ name }: LinearModule, result: tf.Tensor) => {
      marks.give(result);
      linears.push({ layer, name, start, end: nextTapeNode() });
      enter(`after ${name}`, false);
    },
  };
  enter('first', false);
  seeds?.enter(layer);
  const run = () => model.layer(layer, states);
  const next = model.watching?.(watcher, run) ?? run();
  marks.handOver(layer, next.hidden);
  return next;
}

/** Returns the backward position of an operation on the tape. */
function segmentBack(
  layer: number,
  id: number,
  linears: readonly TapedLinear[],
): Pick<PassPlace, 'segment' | 'isLinear'> {
  const behind = linears.find((linear) => linear.layer === layer && id < linear.end);
  if (behind === undefined) return { segment: 'last', isLinear: false };
  return id >= behind.start
    ? { segment: behind.name, isLinear: true }
    : { segment: `before ${behind.name}`, isLinear: false };
}

/**
 * Counterpart of `checkpointedLossGradients`: a layer runs again in its backward part, with the same seeds of its
 * dropout.
 */
function checkpointedPass(given: GivenPass): PassResult {
  const { model, variables, loss, halved, marks } = given;
  const { layerCount } = model.base;
  const lowest = model.lowestActiveLayer();
  const kept: KeptLayer[] = [];
  let states = given.embedded;
  for (let layer = 0; layer < layerCount; layer++) {
    const entered = states;
    states = layerForward(given, layer, entered);
    const own = entered === given.embedded ? { ...entered, hidden: as2D(shallowClone(entered.hidden)) } : entered;
    if (layer >= lowest) kept.push(markedLayer(given, layer, halved ? halvedStates(own) : () => own));
    else own.hidden.dispose();
  }
  const top = states;
  let isBackward = false;
  const visit = () => {
    if (!isBackward) marks.enter({ layer: layerCount, isBackward: true });
    isBackward = true;
  };
  const input = kept.length > 0 ? top.hidden : null;
  const head = differentiate(() => headForward(given, () => loss.compute(top)), variables, { input, halved, visit });
  const { gradients } = backThroughLayers(kept, head, variables, { trainsBelow: false, halved });
  return { value: head.value, gradients };
}

function markedLayer({ model, marks, seeds }: GivenPass, layer: number, enter: () => HiddenStates): KeptLayer {
  return {
    enter: () => {
      marks.enter({ layer, isBackward: true });
      seeds?.enter(layer);
      return enter();
    },
    run: (entered) => model.layer(layer, entered).hidden,
  };
}

function layerForward({ model, marks, seeds }: GivenPass, layer: number, states: HiddenStates): HiddenStates {
  marks.enter({ layer, isBackward: false });
  seeds?.enter(layer);
  const next = model.layer(layer, states);
  marks.handOver(layer, next.hidden);
  return next;
}

function headForward<Result>({ model, marks, seeds }: GivenPass, run: () => Result): Result {
  const { layerCount } = model.base;
  marks.enter({ layer: layerCount, isBackward: false });
  seeds?.enter(layerCount);
  return run();
}
