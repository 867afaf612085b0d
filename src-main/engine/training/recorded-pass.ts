import * as tf from '@tensorflow/tfjs-core';
import type { TrainableModel } from '../adapters/model/trainable-model.ts';
import type { UsesByLayer } from '../adapters/passes/adapter-groups.ts';
import type { PassSeeds } from '../adapters/passes/pass-seeds.ts';
import { passRecorder } from '../compute/active-recorder.ts';
import type { AdapterUse, PassPart, PassResult } from '../compute/pass-recorder.ts';
import { deviceInputs } from '../losses/batch-inputs.ts';
import type { MicroBatch, PreparedLoss } from '../losses/batch-loss.ts';
import type { HiddenStates } from '../models/base-model.ts';
import { markedPass } from './marked-pass.ts';
import type { StateKeeping } from './state-keeping.ts';

/**
 * The pass of one micro-batch, as `lossGradients` has it, run by a backend that records what it asks of the device. The embedding
 * always runs: it is where the values of a batch decide on shapes. Null where the pass is not to be recorded. To be called within
 * `tf.tidy`.
 * @param owner of the recordings.
 * @param share of the batch in the loss of its step.
 * @param mayLend whether the gradients may be the recorder's own, of a step of this batch alone.
 */
export function recordedPass(
  owner: object,
  keeping: StateKeeping,
  model: TrainableModel,
  variables: readonly tf.Variable[],
  batch: MicroBatch,
  share: number,
  mayLend: boolean,
): PassResult | null {
  const recorder = passRecorder();
  if (recorder === null || model.trainsBelowLayers()) return null;
  const uses = model.passVariants?.();
  const prepared = uses && batch.loss.prepared(model);
  if (!prepared) return null;
  const loss = share === 1 ? prepared : withShare(prepared, share);
  const isByLinear = switchesLinears(owner, uses) && !keeping.gradientCheckpointing && !keeping.halved;
  const states = model.embed(deviceInputs(batch.inputs));
  if (states.context?.cache) return null;
  const run = (seeds: PassSeeds | null) => {
    const inputs = { ...namedStates(states), ...loss.tensors, ...(seeds === null ? {} : { seeds: seeds.tensor }) };
    const request = {
      owner,
      shapes: `${loss.form}, ${keepingOf(keeping)}, ${isByLinear ? 'by linear' : 'by layer'}, ${shapesOf(states, inputs)}`,
      parts: partsOf(uses, model.lowestActiveLayer(), isByLinear),
      inputs,
      variables: model.trainable().values(),
      isKept: share !== 1,
      mayLend,
    };
    return recorder.run(request, (marks) =>
      markedPass({ ...keeping, isByLinear }, model, variables, states, loss, { marks, seeds }),
    );
  };
  return model.withSeeds?.(uses, isByLinear, run) ?? null;
}

/** A loss times a share. The share is one of its tensors, so a recording serves every share. */
function withShare({ form, tensors, compute }: PreparedLoss, share: number): PreparedLoss {
  const factor = tf.scalar(share);
  return {
    form,
    tensors: { ...tensors, share: factor },
    compute: (states) => tf.mul<tf.Scalar>(compute(states), factor),
  };
}

/** Owners of masks that switched off some adapters of a layer, but not all. */
const switchingLinears = new WeakSet<object>();

function switchesLinears(owner: object, uses: UsesByLayer): boolean {
  if (uses.slice(0, -1).some((ofLayer) => new Set(ofLayer.values()).size > 1)) switchingLinears.add(owner);
  return switchingLinears.has(owner);
}

function keepingOf({ gradientCheckpointing = false, halved = false }: StateKeeping): string {
  return `checkpointing ${gradientCheckpointing}, halved ${halved}`;
}

/** The parts of a pass on its way forth, then back. Layers below the lowest that is trained run forward only. */
function partsOf(uses: UsesByLayer, lowest: number, isByLinear: boolean): PassPart[] {
  const head = uses.length - 1;
  const forward = uses.map((ofLayer, layer) => {
    const variant =
      isByLinear && layer < head ? partByLinear(ofLayer, layer < lowest) : partByLayer(ofLayer, layer - lowest);
    return { layer, isBackward: false, ...variant };
  });
  const back = forward.slice(lowest).map((part) => ({ ...part, isBackward: true, isLast: part.layer === lowest }));
  return [...forward, ...back.reverse()];
}

type PartVariant = Pick<PassPart, 'variant' | 'linears'>;

/** The lowest layer's own states need no gradient. */
function partByLayer(ofLayer: ReadonlyMap<string, AdapterUse>, aboveLowest: number): PartVariant {
  const kind = aboveLowest < 0 ? 'below' : aboveLowest === 0 ? 'lowest' : 'above';
  return { variant: `${kind} ${[...ofLayer.values()].join('')}` };
}

/**
 * The same where the linears of a layer are kept one by one, so that each is recorded on and off, not the layer under every mask.
 * The lowest layer that is trained is recorded like those above it, and asked for as far back as something is trained.
 */
function partByLinear(linears: ReadonlyMap<string, AdapterUse>, isBelow: boolean): PartVariant {
  return { variant: isBelow ? 'below' : 'above', linears };
}

function namedStates({ hidden, context }: HiddenStates): Record<string, tf.Tensor> {
  const { rotaries, mask, tensors } = context ?? {};
  return {
    hidden,
    ...Object.fromEntries(
      (rotaries ?? []).flatMap(({ cos, sin }, place) => [
        [`cos ${place}`, cos],
        [`sin ${place}`, sin],
      ]),
    ),
    ...(mask ? { mask } : {}),
    ...Object.fromEntries(Object.entries(tensors ?? {}).map(([name, tensor]) => [`context ${name}`, tensor])),
  };
}

function shapesOf({ batch, tokens, context }: HiddenStates, inputs: Readonly<Record<string, tf.Tensor>>): string {
  const shapes = Object.entries(inputs).map(([name, { shape, dtype }]) => `${name} ${dtype} ${shape.join('×')}`);
  return [`${batch} × ${tokens}`, ...shapes, ...(context?.segments ? ['segments', ...context.segments] : [])].join();
}
