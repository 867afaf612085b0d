import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { MatrixStorage } from '../../compute/compute-backend.ts';
import { storageOfBackend, uploadsAreCopied } from '../../compute/uploads.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import { asVariable, FrozenVector } from '../../ops/linear/frozen-vector.ts';
import { FrozenWeight } from '../../ops/linear/frozen-weight.ts';
import { encodeFloats } from '../../tensors/encode-floats.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { type StoredMatrix, staysEncoded } from '../../tensors/stored-matrix.ts';
import { transposed } from '../../tensors/transpose.ts';
import type { BaseModel } from '../base-model.ts';
import type { LoadOptions } from '../family.ts';

/** Loads and owns a family's frozen tensors until `dispose`. */
export class FrozenTensors {
  private readonly source: TensorSource;
  private readonly bfloat16: boolean;
  private readonly int8: boolean;
  private readonly encoded: boolean;
  /** By their names in the checkpoint; null if the model is frozen. */
  private readonly variables: Map<string, tf.Variable> | null;
  private readonly linears = new Map<string, FrozenWeight>();
  private readonly vectors = new Map<string, FrozenVector>();
  private readonly owned: tf.Tensor[] = [];
  private readonly options: Pick<LoadOptions, 'onTensor' | 'halves' | 'onTooLarge'>;
  private done = 0;

  constructor(
    source: TensorSource,
    { bfloat16 = false, int8 = false, encoded = false, trained, ...options }: LoadOptions = {},
  ) {
    this.source = source;
    this.bfloat16 = bfloat16;
    this.int8 = int8;
    this.encoded = encoded;
    this.options = { ...(bfloat16 ? { halves: 'bfloat16' } : {}), ...options };
    this.variables = trained ?? null;
  }

  /** A linear's weight and bias, or an embedding's table. */
  async loadLinear(module: LinearModule): Promise<void> {
    const bias = module.hasBias ? await this.read(`${module.checkpointKey}.bias`, copied) : null;
    const isTrained = this.variables !== null;
    const key = module.checkpointKey;
    // Integers are for the layers' own linears: an embedding is indexed, and few rows are multiplied by a head.
    const isInteger = this.int8 && module.layer !== null && module.kind === 'linear' && !module.isHead;
    const allowInt8 = isInteger ? (weight: tf.Tensor) => storageOfBackend()?.allowInt8?.(weight) : null;
    const encoded =
      (module.fanInFanOut ? null : await this.readEncoded(`${key}.weight`)) ??
      (await this.readHalved(`${key}.weight`, module.fanInFanOut));
    const frozen = encoded
      ? new FrozenWeight(encoded, bias, this.bfloat16, { isEncoded: true, allowInt8 })
      : await this.read(
          `${key}.weight`,
          (weight) =>
            new FrozenWeight(module.fanInFanOut ? transposed(weight) : weight, bias, this.bfloat16, {
              isTrained,
              allowInt8,
            }),
        );
    if (encoded && this.options.halves === 'float16') await this.storage()?.allowFloat16?.(encoded);
    this.register(`${key}.weight`, frozen.weight);
    if (frozen.bias) this.register(`${key}.bias`, frozen.bias);
    this.linears.set(module.name, frozen);
  }

  /** Shares another module's weight, e.g. for a head that is tied to the embedding. */
  share(module: LinearModule, owner: LinearModule): void {
    this.linears.set(module.name, this.linear(owner));
  }

  /** A tensor by its checkpoint name, reshaped if a shape is given. */
  async load(name: string, shape?: readonly number[]): Promise<tf.Tensor> {
    return this.read(name, (stored) =>
      this.hold(name, tf.tensor(stored.data, [...(shape ?? stored.shape)], 'float32')),
    );
  }

  /**
   * @param offset number added to every value
   * @throws Error for an offset where the model itself is trained: its file has the values without it
   */
  async loadVector(name: string, offset = 0): Promise<tf.Tensor1D> {
    if (offset !== 0 && this.variables !== null) throw new Error(`${name} cannot be trained with an offset`);
    return this.read(name, ({ data }) => {
      const values = offset === 0 ? data : Float32Array.from(data, (value) => value + offset);
      return this.hold(name, tf.tensor1d(values, 'float32'));
    });
  }

  /** A bias that an adapter may replace, by its checkpoint name. */
  async loadBias(name: string): Promise<FrozenVector> {
    const vector = await this.read(name, ({ data }) => new FrozenVector(data, this.variables !== null));
    this.register(name, vector.tensor);
    this.vectors.set(name, vector);
    return vector;
  }

  /** A bias loaded by `loadBias`. */
  vector(name: string): FrozenVector {
    const found = this.vectors.get(name);
    if (found === undefined) throw new Error(`the model has no bias ${name}`);
    return found;
  }

  /**
   * Throws StudioError('invalid_file') naming a tensor with NaN or infinite values, which would make every loss NaN.
   */
  private async read<Result>(name: string, use: (tensor: HostTensor) => Result): Promise<Result> {
    await this.options.onTensor?.(this.done++, this.source.names.length);
    return this.source.lend(name, (lent) => {
      if (!lent.finite) throw this.notFinite(name);
      return use(uploadsAreCopied() ? lent : copied(lent));
    });
  }

  /** A matrix that stays as it is encoded; null where it, the model or the backend does not. Throws as `read`. */
  private async readEncoded(name: string): Promise<tf.Tensor2D | null> {
    const storage = this.storage();
    const stored = storage && (this.source.stored?.(name) ?? null);
    if (!storage || !stored || !storage.encodings.includes(stored.encoding)) return null;
    if (!staysEncoded(stored.encoding, this.encoded || storage.keepsHalves)) return null;
    await this.options.onTensor?.(this.done++, this.source.names.length);
    const kept = await keepFinite(storage, stored);
    if (kept === null) throw this.notFinite(name);
    return kept;
  }

  /** A matrix rounded to 16 bits; null where that is not asked for, or where the backend or the values do not allow it. */
  private async readHalved(name: string, isTransposed: boolean): Promise<tf.Tensor2D | null> {
    const storage = this.storage();
    const { halves, onTensor, onTooLarge } = this.options;
    if (halves === undefined || storage?.keepsHalves !== true) return null;
    const halved = await this.source.lend(name, (lent) => {
      const { shape, data } = isTransposed ? transposed(lent) : lent;
      if (!lent.finite || !(data instanceof Float32Array)) return null;
      return { shape, bytes: encodeFloats(halves === 'float16' ? 'F16' : 'BF16', data) };
    });
    const [rows, columns] = halved?.shape ?? [];
    if (halved === null || rows === undefined || columns === undefined) return null;
    const { bytes } = halved;
    const kept = await keepFinite(storage, {
      shape: [rows, columns],
      encoding: halves,
      byteLength: bytes.length,
      pieces: () => [bytes],
    });
    if (kept === null) onTooLarge?.(name);
    else await onTensor?.(this.done++, this.source.names.length);
    return kept;
  }

  /** Null where the backend keeps no matrices as they are encoded, and of tensors that are trained. */
  private storage(): MatrixStorage | null {
    return this.variables === null ? (storageOfBackend() ?? null) : null;
  }

  private notFinite(name: string): StudioError {
    return new StudioError(
      'invalid_file',
      `${this.source.path}: tensor "${name}" contains numbers that are not finite (NaN or infinity).`,
      'Copy or download the model again: it seems damaged.',
    );
  }

  private hold<Kind extends tf.Rank>(name: string, tensor: tf.Tensor<Kind>): tf.Tensor<Kind> {
    const held = this.variables === null ? tensor : asVariable(tensor);
    this.register(name, held);
    return this.own(held);
  }

  private register(name: string, tensor: tf.Tensor): void {
    if (tensor instanceof tf.Variable) this.variables?.set(name, tensor);
  }

  /** Takes ownership of a derived tensor. */
  own<T extends tf.Tensor>(tensor: T): T {
    this.owned.push(tf.keep(tensor));
    return tensor;
  }

  /** A weight added by `loadLinear` or `share`. */
  linear(module: LinearModule): FrozenWeight {
    const found = this.linears.get(module.name);
    if (found === undefined) throw new Error(`the model has no linear layer ${module.name}`);
    return found;
  }

  /** A base model's access to its tensors. */
  access(): Pick<BaseModel, 'frozen' | 'frozenWeight' | 'dispose'> & Required<Pick<BaseModel, 'frozenVector'>> {
    return {
      frozen: (module) => {
        const { weight, bias } = this.linear(module);
        return { weight, bias };
      },
      frozenWeight: (module) => this.linear(module),
      frozenVector: (key) => this.vector(key),
      dispose: () => this.dispose(),
    };
  }

  dispose(): void {
    for (const weight of new Set(this.linears.values())) weight.dispose();
    for (const vector of this.vectors.values()) vector.dispose();
    tf.dispose(this.owned);
    this.vectors.clear();
    this.linears.clear();
    this.owned.length = 0;
  }
}

/** A matrix in memory as it is encoded; null where not all of its values are finite. */
async function keepFinite(storage: MatrixStorage, stored: StoredMatrix): Promise<tf.Tensor2D | null> {
  const { matrix, finite } = await storage.store(stored);
  if (finite) return as2D(matrix);
  matrix.dispose();
  return null;
}

/** The block of layer `index`, counted from the input up. */
export function layerOf<Block>(blocks: readonly Block[], index: number): Block {
  const block = blocks[index];
  if (block === undefined) throw new Error(`the model has no layer ${index}`);
  return block;
}

function copied({ shape, data }: HostTensor): HostTensor {
  return { shape, data: data.slice() };
}
