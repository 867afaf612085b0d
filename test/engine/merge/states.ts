import type { AdapterState, ModuleState } from '../../../src-main/engine/adapters/variant/state.ts';
import { adapterVariant } from '../../../src-main/engine/adapters/variants/index.ts';
import type { Draws } from '../../../src-main/engine/merge/merge-method.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { adapterConfigSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { plainLinear } from '../../../src-shared/domain/models/model.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { CotoSettings } from '../../../src-shared/domain/runs/coto.ts';

export function matrix(rows: readonly (readonly number[])[]): HostTensor {
  return { shape: [rows.length, rows[0]?.length ?? 0], data: Float32Array.from(rows.flat()) };
}

export function factors(a: number[][], b: number[][], scaling: number): ModuleState {
  return moduleOf(matrix(a), matrix(b), scaling);
}

/** A module of A [rank, in] and B [out, rank]. */
export function moduleOf(a: HostTensor, b: HostTensor, scaling = 1): ModuleState {
  const tensors = new Map([
    ['a', a],
    ['b', b],
  ]);
  return { rank: a.shape[0] ?? 0, scaling, tensors };
}

export function factorsOf(module: Pick<ModuleState, 'tensors'> | undefined) {
  const [a, b] = [module?.tensors.get('a'), module?.tensors.get('b')];
  if (!a || !b) throw new Error('no factors');
  return { a, b };
}

/** Draws that keep what a mask keeps: a density below 1 keeps what is drawn below it, and one of 1 drops nothing. */
export function maskDraws(mask: HostTensor | undefined): Draws {
  let at = 0;
  return { uniform: () => (mask?.data[at++] === 1 ? 0 : 0.999999), normal: Number };
}

export function state(
  modules: Record<string, ModuleState>,
  more: {
    saved?: Record<string, HostTensor>;
    labels?: string[] | null;
    coto?: CotoSettings | null;
    config?: object;
    variant?: string;
  } = {},
): AdapterState {
  const variant = adapterVariant(more.variant ?? 'lora');
  return {
    variant,
    parameters: checkedParameters(variant.declaration, {}),
    config: adapterConfigSchema.parse({ target_modules: ['q_proj'], ...more.config }),
    shared: new Map(),
    biases: new Map(),
    coto: more.coto ?? null,
    modules: new Map(Object.entries(modules)),
    saved: new Map(Object.entries(more.saved ?? {})),
    labels: more.labels ?? null,
  };
}

/** scaling · B·A, row-major [out, in]. */
export function change(module: ModuleState | undefined): Float64Array {
  if (!module) throw new Error('no module');
  const { scaling } = module;
  const { a, b } = factorsOf(module);
  const [rank = 0] = a.shape;
  const inputs = a.shape[1] ?? 0;
  const outputs = b.shape[0] ?? 0;
  const product = new Float64Array(outputs * inputs);
  for (let row = 0; row < outputs; row++)
    for (let column = 0; column < inputs; column++) {
      let sum = 0;
      for (let inner = 0; inner < rank; inner++)
        sum += (b.data[row * rank + inner] ?? 0) * (a.data[inner * inputs + column] ?? 0);
      product[row * inputs + column] = scaling * sum;
    }
  return product;
}

/** A base of so many layers, each with linears q_proj and v_proj, and a head. */
export function description(layerCount: number, features = 2): ModelDescription {
  const layers = Array.from({ length: layerCount }, (_, layer) => layer);
  return {
    family: 'vit',
    architecture: 'ViTForImageClassification',
    kind: 'image-classification',
    parameterCount: 0,
    sizeBytes: 0,
    dtype: 'F32',
    layerCount,
    hiddenSize: features,
    labels: ['zero', 'one'],
    image: null,
    text: null,
    linears: [
      ...layers.flatMap((layer) =>
        ['q_proj', 'v_proj'].map((name) => ({
          name: `vit.layers.${layer}.attention.${name}`,
          aliases: [],
          checkpointKey: `vit.encoder.layer.${layer}.${name}`,
          layer,
          inFeatures: features,
          outFeatures: features,
          hasBias: false,
          isHead: false,
          ...plainLinear,
        })),
      ),
      {
        name: 'classifier',
        aliases: [],
        checkpointKey: 'classifier',
        layer: null,
        inFeatures: features,
        outFeatures: 2,
        hasBias: true,
        isHead: true,
        ...plainLinear,
      },
    ],
    fingerprint: 'fingerprint',
  };
}
