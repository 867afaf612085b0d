import * as tf from '@tensorflow/tfjs-core';
import type { PassSeeds } from '../adapters/pass-seeds.ts';
import type { PassMarks, PassResult } from '../compute/pass-recorder.ts';
import { nextTapeNode, shallowClone } from '../compute/tfjs-internals.ts';
import type { HiddenStates } from '../models/base-model.ts';
import { as2D } from '../ops/autograd/operation.ts';
import { differentiate, halvedStates } from './loss-gradients.ts';
import type { PreparedLoss } from './prepared-loss.ts';
import type { StateKeeping } from './state-keeping.ts';
import type { TrainableModel } from './trainable-model.ts';

/** Who is told where a pass is. */
interface Listeners {
  readonly marks: PassMarks;
  /** Of its dropout; null where there is none. */
  readonly seeds: PassSeeds | null;
}

/** What the passes of either kind are given. */
interface GivenPass extends Listeners {
  readonly model: TrainableModel;
  readonly variables: readonly tf.Variable[];
  /** What the embedding gave; stays the caller's. */
  readonly embedded: HiddenStates;
  readonly loss: PreparedLoss;
  readonly halved: boolean;
}

/** The pass of `passGradients` behind the embedding, which says where it is. To be called within `tf.tidy`. */
export function markedPass(
  { gradientCheckpointing = false, halved = false }: StateKeeping,
  model: TrainableModel,
  variables: readonly tf.Variable[],
  embedded: HiddenStates,
  loss: PreparedLoss,
  listeners: Listeners,
): PassResult {
  const given = { ...listeners, model, variables, embedded, loss, halved };
  const result = gradientCheckpointing ? checkpointedPass(given) : wholePass(given);
  listeners.seeds?.check();
  return result;
}

function wholePass(given: GivenPass): PassResult {
  const { model, variables, loss, halved, marks } = given;
  const { layerCount } = model.base;
  const lowest = model.lowestActiveLayer();
  let below = given.embedded;
  for (let layer = 0; layer < lowest; layer++) {
    const next = layerForward(given, layer, below);
    if (below !== given.embedded) below.hidden.dispose();
    below = next;
  }
  // The first operation of each layer on the tape.
  const starts: number[] = [];
  const forward = () => {
    let states = below;
    for (let layer = lowest; layer < layerCount; layer++) {
      starts[layer] = nextTapeNode();
      const next = layerForward(given, layer, states);
      if (states !== below) states.hidden.dispose();
      states = next;
    }
    starts[layerCount] = nextTapeNode();
    return headForward(given, () => loss.compute(states));
  };
  let layer = layerCount + 1;
  const visit = ({ id }: { id: number }) => {
    const before = layer;
    while (layer > lowest && id < (starts[layer] ?? Number.POSITIVE_INFINITY)) layer--;
    if (layer !== before) marks.enter({ layer, isBackward: true });
  };
  return differentiate(forward, variables, { halved, visit });
}

/** As `checkpointedLossGradients`: a layer runs again in its backward part, with the seeds of its dropout once more. */
function checkpointedPass(given: GivenPass): PassResult {
  const { model, variables, loss, halved, marks, seeds } = given;
  const { layerCount } = model.base;
  const lowest = model.lowestActiveLayer();
  const kept = new Map<number, () => HiddenStates>();
  let states = given.embedded;
  for (let layer = 0; layer < layerCount; layer++) {
    const entered = states;
    states = layerForward(given, layer, entered);
    const own = entered === given.embedded ? { ...entered, hidden: as2D(shallowClone(entered.hidden)) } : entered;
    if (layer >= lowest) kept.set(layer, halved ? halvedStates(own) : () => own);
    else own.hidden.dispose();
  }
  const top = states;
  let isBackward = false;
  const visit = () => {
    if (!isBackward) marks.enter({ layer: layerCount, isBackward: true });
    isBackward = true;
  };
  const input = kept.size > 0 ? top.hidden : null;
  const head = differentiate(() => headForward(given, () => loss.compute(top)), variables, { input, halved, visit });
  const gradients = new Map(head.gradients);
  let dy = head.inputGradient;
  for (let layer = layerCount - 1; layer >= lowest; layer--) {
    const enter = kept.get(layer);
    if (enter === undefined || dy === null) throw new Error(`nothing was kept of layer ${layer}`);
    marks.enter({ layer, isBackward: true });
    seeds?.enter(layer);
    const entered = enter();
    const again = () => model.layer(layer, entered).hidden;
    const made = differentiate(again, variables, { input: layer > lowest ? entered.hidden : null, dy, halved });
    for (const [name, gradient] of made.gradients) gradients.set(name, gradient);
    tf.dispose([made.value, dy, entered.hidden]);
    dy = made.inputGradient;
  }
  return { value: head.value, gradients };
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
