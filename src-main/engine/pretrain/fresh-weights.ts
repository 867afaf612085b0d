import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RandomStream } from '../../../src-shared/random.ts';
import { elementCount, type HostTensor } from '../tensors/host-tensor.ts';
import type { TensorSource } from '../tensors/safetensors.ts';

export interface FreshOptions {
  /** Standard deviation of matrices (`initializer_range`). */
  readonly deviation: number;
  /** Layers by which GPT-2 scales its residual projections, 1 / √(2 · layers); 0: no scaling. */
  readonly residualLayers: number;
}

/**
 * Initial weights of a new model, drawn on reading, as in transformers: matrices, tables and tokens normal, scales of
 * normalizations and layer scales 1, biases 0.
 */
export function freshWeights(random: RandomStream, { deviation, residualLayers }: FreshOptions): TensorSource {
  const shapes = new Map<string, readonly number[]>();
  const made = new Map<string, HostTensor>();
  const shapeOf = (name: string) => {
    const shape = shapes.get(name);
    if (shape === undefined)
      throw new StudioError(
        'refused',
        `A fresh model of this family cannot be made: nothing says how large ${name} is.`,
      );
    return shape;
  };
  const draw = (name: string): HostTensor => {
    const shape = shapeOf(name);
    const count = elementCount(shape);
    const isNorm = /((norm\w*|ln_\w+)\.weight|\.lambda1)$/i.test(name);
    if (name.endsWith('.bias') || isNorm) return { shape, data: new Float32Array(count).fill(isNorm ? 1 : 0) };
    const isResidual = residualLayers > 0 && name.endsWith('c_proj.weight');
    const own = isResidual ? deviation / Math.sqrt(2 * residualLayers) : deviation;
    return { shape, data: Float32Array.from({ length: count }, () => own * random.normal()) };
  };
  const read = async (name: string) => {
    const tensor = made.get(name) ?? draw(name);
    made.set(name, tensor);
    return tensor;
  };
  return {
    path: 'the fresh model',
    get names() {
      return [...shapes.keys()];
    },
    has: () => true,
    plan: (name, shape) => void shapes.set(name, shape),
    info: (name) => ({ dtype: 'F32', shape: [...shapeOf(name)] }),
    read,
    lend: async (name, use) => use({ ...(await read(name)), finite: true }),
    close: async () => undefined,
  };
}
