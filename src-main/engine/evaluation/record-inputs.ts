import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../src-shared/domain/models/model.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import { deviceInputs, rowMask } from '../losses/batch-inputs.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import type { BaseModel } from '../models/base-model.ts';
import type { LinearOptions } from '../ops/linear/linear-options.ts';
import { toHost } from '../ops/to-host.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';

export interface RecordOptions {
  /** Names of the modules. */
  readonly modules: ReadonlySet<string>;
  /** Rows of each batch that are kept at most, a seeded sample. */
  readonly rowsPerBatch: number;
  readonly seed: number;
}

/**
 * Inputs X [rows, inFeatures] of modules while the base with `state` on it (null: the plain base) runs over batches: one
 * row a token or image patch, without padding. Embeddings and modules that are not reached are omitted.
 */
export async function recordInputs(
  base: BaseModel,
  state: AdapterState | null,
  batches: AsyncIterable<MicroBatch>,
  { modules, rowsPerBatch, seed }: RecordOptions,
): Promise<Map<string, HostTensor>> {
  const rows = new Map<string, Float32Array[]>();
  const pending: { module: LinearModule; x: tf.Tensor2D }[] = [];
  const model = new InputRecorder(base, modules, (module, x) => pending.push({ module, x: tf.keep(tf.clone(x)) }));
  let place = 0;
  try {
    if (state) model.loadState(state);
    for await (const { inputs } of batches) {
      tf.tidy(() => void model.head(model.states(deviceInputs(inputs))));
      for (const { module, x } of pending.splice(0)) {
        const { name } = module;
        const [count, width] = x.shape;
        const mask = rowMask(base, module, inputs, count);
        const { data } = await toHost(x);
        x.dispose();
        const attended = Array.from({ length: count }, (_, row) => row).filter((row) => mask?.[row] !== 0);
        const random = RandomStream.named(seed, 'merge', `rows/${name}/${place}`);
        const chosen = attended.length <= rowsPerBatch ? attended : random.shuffle(attended).slice(0, rowsPerBatch);
        const own = rows.get(name) ?? [];
        for (const row of chosen) own.push(Float32Array.from(data.subarray(row * width, (row + 1) * width)));
        rows.set(name, own);
      }
      place++;
    }
  } finally {
    for (const { x } of pending) x.dispose();
    model.dispose();
  }
  return new Map([...rows].map(([name, list]) => [name, stacked(list)]));
}

class InputRecorder extends AdaptedModel {
  private readonly recorded: ReadonlySet<string>;
  private readonly onInputs: (module: LinearModule, x: tf.Tensor2D) => void;

  constructor(
    base: BaseModel,
    recorded: ReadonlySet<string>,
    onInputs: (module: LinearModule, x: tf.Tensor2D) => void,
  ) {
    super(base);
    this.recorded = recorded;
    this.onInputs = onInputs;
  }

  override linear(module: LinearModule, x: tf.Tensor2D, options: LinearOptions = {}): tf.Tensor2D {
    if (this.recorded.has(module.name)) this.onInputs(module, x);
    return super.linear(module, x, options);
  }

  /** Models run several plain modules as one operation, which would bypass this class. */
  override isPlain(module: LinearModule): boolean {
    return !this.recorded.has(module.name) && super.isPlain(module);
  }
}

function stacked(rows: readonly Float32Array[]): HostTensor {
  const width = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * width);
  for (const [index, row] of rows.entries()) data.set(row, index * width);
  return { shape: [rows.length, width], data };
}
