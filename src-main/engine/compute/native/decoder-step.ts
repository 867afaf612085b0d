import * as tf from '@tensorflow/tfjs-core';
import type { DecoderStep, DecoderStepLayer, LinearProduct } from '../decoder-step.ts';
import type { NativeBackend } from './backend.ts';
import type { OptionalHandle } from './kernel-calls.generated.ts';

/** The states after the last layer, like `hidden`. */
export function runDecoderStep(native: NativeBackend, step: DecoderStep): tf.Tensor {
  const { hidden, cache, tokens, rotary, mask, heads, keyValueHeads, epsilon, layers } = step;
  const [batch, width] = hidden.shape;
  const capacity = cache.shape[3] ?? 0;
  const y = native.output(hidden.shape);
  native.kernels.decoderStep(
    {
      x: native.handle(hidden),
      y: native.handle(y),
      cache: native.handle(cache),
      cosines: native.handle(rotary.cos),
      sines: native.handle(rotary.sin),
      mask: handleOr0(native, mask),
      batch,
      tokens,
      capacity,
      width,
      inner: layers[0]?.gate.weight.shape[0] ?? 0,
      heads,
      keyValueHeads,
      headSize: (cache.shape[4] ?? 0) / keyValueHeads,
      tableRows: rotary.cos.shape[0],
      epsilon,
    },
    Float64Array.from(layers.flatMap((layer) => numbersOfLayer(native, layer))),
  );
  return tf.engine().makeTensorFromTensorInfo(y, native);
}

/** In the order in which cpp/decoder_step.cc reads them. */
function numbersOfLayer(native: NativeBackend, layer: DecoderStepLayer): number[] {
  const { window, before, after, queryNorm, keyNorm, q, k, v, o, gate, up, down } = layer;
  const norms = [before, after, queryNorm, keyNorm].map((scale) => handleOr0(native, scale));
  return [window, ...norms, ...[q, k, v, o, gate, up, down].flatMap((linear) => numbersOfLinear(native, linear))];
}

function numbersOfLinear(
  native: NativeBackend,
  { weight, isFrozen, bias, factors, bfloat16 }: LinearProduct,
): number[] {
  return [
    native.handle(weight),
    Number(isFrozen),
    handleOr0(native, bias),
    handleOr0(native, factors?.a),
    handleOr0(native, factors?.b),
    factors?.a.shape[0] ?? 0,
    factors?.scaling ?? 1,
    Number(bfloat16),
  ];
}

function handleOr0(native: NativeBackend, tensor: tf.Tensor | null | undefined): OptionalHandle {
  return tensor ? native.handle(tensor) : 0;
}
