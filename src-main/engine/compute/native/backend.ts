import * as tf from '@tensorflow/tfjs-core';
import { memoryRemedy, StudioError } from '../../../../src-shared/contract/errors.ts';
import type { StoredMatrix } from '../../tensors/stored-matrix.ts';
import { moveDataTo } from '../tfjs-internals.ts';
import type { NativeAddon, TensorValues } from './addon.ts';
import { type Handle, NativeKernels, type OptionalHandle } from './kernel-calls.generated.ts';

/** A tensor's values in the addon's memory; it is also tfjs's data id, which saves a lookup. */
export class NativeData {
  /** 0 once it is released. */
  handle: OptionalHandle;
  readonly count: number;
  readonly dtype: tf.DataType;
  references = 1;
  /** The values of a string tensor, which the addon does not support. */
  strings: Uint8Array[] | null = null;
  /** True if the addon has the values encoded like in a file. */
  isStored = false;
  /** Values in use from the start on, of data that `appended` made to grow into; else null. */
  filled: number | null = null;
  /** The data that this is a part of; it has a reference to them. */
  readonly whole: NativeData | null;

  constructor(handle: OptionalHandle, count: number, dtype: tf.DataType, whole: NativeData | null = null) {
    this.handle = handle;
    this.count = count;
    this.dtype = dtype;
    this.whole = whole;
  }
}

/** State of the addon's memory. */
export interface NativeMemory {
  readonly tensors: number;
  readonly liveBytes: number;
  /** Including free blocks kept for reuse. */
  readonly heldBytes: number;
  readonly peakBytes: number;
  /** Number of new blocks: constant over steady training steps. */
  readonly misses: number;
}

/**
 * tfjs on the addon: tensors live in the addon's memory and are addressed by handle. Its kernels are listed in
 * kernels/index.ts. All methods throw StudioError('out_of_memory') if there is not enough memory for a tensor.
 */
export class NativeBackend extends tf.KernelBackend {
  readonly addon: NativeAddon;
  readonly kernels: NativeKernels;
  /** Data created by another backend and moved here. */
  private readonly moved = new WeakMap<object, NativeData>();
  private dataCount = 0;

  constructor(addon: NativeAddon) {
    super();
    this.addon = addon;
    this.kernels = new NativeKernels(addon);
  }

  /** A new tensor with undefined values. */
  output(shape: readonly number[], dtype: tf.DataType = 'float32'): tf.TensorInfo {
    return { dataId: this.make(tf.util.sizeFromShape([...shape]), dtype), shape: [...shape], dtype };
  }

  /** The tensor's number in the addon. Throws for a tensor of strings. */
  handle(tensor: tf.TensorInfo): Handle {
    const { dataId } = tensor;
    return dataId instanceof NativeData && dataId.handle !== 0 ? dataId.handle : handleOf(this.data(dataId));
  }

  /** The same values under another shape. */
  alias(tensor: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype };
  }

  /** Rows of a float32 matrix without a copy: what is written to them is written to it. */
  rows(tensor: tf.TensorInfo, start: number, count: number): tf.TensorInfo {
    const width = tensor.shape[1] ?? 0;
    const whole = this.data(tensor.dataId);
    const handle = this.addon.view(handleOf(whole), 4 * start * width, 4 * count * width);
    whole.references++;
    this.dataCount++;
    return { dataId: new NativeData(handle, count * width, 'float32', whole), shape: [count, width], dtype: 'float32' };
  }

  /**
   * The rows of a float32 matrix and those of another behind them: in place where there is room behind the first and nothing else
   * has taken it, else with a copy that has room for half as many again.
   */
  appended(before: tf.TensorInfo, added: tf.TensorInfo): tf.TensorInfo {
    const data = this.data(before.dataId);
    const [rows = 0, width = 0] = before.shape;
    const more = added.shape[0] ?? 0;
    const count = (rows + more) * width;
    const hasRoom = data.whole !== null && data.whole.filled === data.count && data.whole.count >= count;
    const whole = hasRoom && data.whole !== null ? data.whole : this.make(Math.ceil(1.5 * count), 'float32');
    if (hasRoom) whole.references++;
    else this.kernels.copy(handleOf(data), handleOf(whole), 4 * data.count);
    whole.filled = count;
    const place = this.addon.view(handleOf(whole), 4 * data.count, 4 * more * width);
    this.kernels.copy(this.handle(added), place, 4 * more * width);
    this.addon.release(place);
    this.dataCount++;
    const dataId = new NativeData(this.addon.view(handleOf(whole), 0, 4 * count), count, 'float32', whole);
    return { dataId, shape: [rows + more, width], dtype: 'float32' };
  }

  /** A matrix that keeps its encoding: products decode it part by part, other kernels for the time of their call. */
  async store({
    shape,
    encoding,
    byteLength,
    place,
    pieces,
  }: StoredMatrix): Promise<{ matrix: tf.Tensor; finite: boolean }> {
    const [rows, columns] = shape;
    const mapped = place ? this.addon.map(place.descriptor, place.start, byteLength) : 0;
    const handle = mapped === 0 ? await this.copied(byteLength, pieces()) : mapped;
    let finite = false;
    try {
      this.kernels.encodeTensor(handle, encoding, rows, columns);
      finite = this.kernels.isFiniteMatrix(handle);
    } catch (error) {
      this.addon.release(handle);
      throw toStudioError(error);
    }
    const dataId = new NativeData(handle, rows * columns, 'float32');
    dataId.isStored = true;
    this.dataCount++;
    const matrix = tf.engine().makeTensorFromTensorInfo({ dataId, shape: [rows, columns], dtype: 'float32' }, this);
    return { matrix, finite };
  }

  private async copied(byteLength: number, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Handle> {
    const handle = this.allocate(byteLength);
    try {
      let done = 0;
      for await (const piece of pieces) {
        const part = this.addon.view(handle, done, piece.length);
        this.addon.write(part, piece);
        this.addon.release(part);
        done += piece.length;
      }
      if (done !== byteLength) throw new Error(`${done} bytes of a stored matrix instead of ${byteLength}`);
      return handle;
    } catch (error) {
      this.addon.release(handle);
      throw error;
    }
  }

  isStored({ dataId }: tf.TensorInfo): boolean {
    return dataId instanceof NativeData && dataId.isStored;
  }

  /** Releases an intermediate tensor of a kernel. */
  release(tensor: tf.TensorInfo): void {
    this.disposeData(tensor.dataId);
  }

  nativeMemory(): NativeMemory {
    const [tensors = 0, liveBytes = 0, heldBytes = 0, peakBytes = 0, misses = 0] = this.addon.statistics();
    return { tensors, liveBytes, heldBytes, peakBytes, misses };
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const data = this.make(tf.util.sizeFromShape(shape), dtype);
    this.fill(data, values);
    return data;
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    const data = this.make(tf.util.sizeFromShape(shape), dtype);
    data.references = refCount;
    this.fill(data, values);
    this.moved.set(dataId, data);
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const data = this.data(dataId);
    if (data.strings !== null) return data.strings;
    const values = emptyValues(data.dtype, data.count);
    try {
      this.addon.read(handleOf(data), values);
    } catch (error) {
      throw toStudioError(error);
    }
    return values;
  }

  override read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override disposeData(dataId: object, force = false): boolean {
    const data = this.known(dataId);
    if (data === null) return true;
    data.references--;
    if (!force && data.references > 0) return false;
    if (data.strings === null) this.addon.release(handleOf(data));
    data.handle = 0;
    data.strings = null;
    this.moved.delete(dataId);
    this.dataCount--;
    if (data.whole !== null) this.disposeData(data.whole);
    return true;
  }

  override refCount(dataId: object): number {
    return this.known(dataId)?.references ?? 0;
  }

  override incRef(dataId: object): void {
    this.data(dataId).references++;
  }

  decRef(dataId: object): void {
    const data = this.known(dataId);
    if (data !== null) data.references--;
  }

  override numDataIds(): number {
    return this.dataCount;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override async time(run: () => void): Promise<{ kernelMs: number }> {
    const start = performance.now();
    run();
    return { kernelMs: performance.now() - start };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  /** Returns the free memory; live tensors stay. */
  override dispose(): void {
    this.addon.trim();
  }

  private known(dataId: object): NativeData | null {
    const moved = this.moved.get(dataId);
    if (moved !== undefined) return moved;
    return dataId instanceof NativeData && (dataId.handle !== 0 || dataId.strings !== null) ? dataId : null;
  }

  /** Data on another backend is copied from there. */
  private data(dataId: object): NativeData {
    const here = this.known(dataId);
    if (here !== null) return here;
    moveDataTo(this, dataId);
    const moved = this.known(dataId);
    if (moved === null) throw new Error('a tensor was used after it was disposed');
    return moved;
  }

  private make(count: number, dtype: tf.DataType): NativeData {
    const handle = dtype === 'string' ? 0 : this.allocate(count * bytesPerValue(dtype));
    this.dataCount++;
    return new NativeData(handle, count, dtype);
  }

  private allocate(bytes: number): Handle {
    try {
      return this.addon.allocate(bytes);
    } catch (error) {
      throw toStudioError(error);
    }
  }

  private fill(data: NativeData, values: tf.backend_util.BackendValues): void {
    if (data.dtype === 'string') data.strings = stringBytes(values);
    else this.addon.write(handleOf(data), numbersOf(values, data.dtype));
  }
}

function handleOf(data: NativeData): Handle {
  if (data.handle === 0) throw new Error('the native backend computes nothing with strings');
  return data.handle;
}

/** Converts an error of the addon to a StudioError. */
export function toStudioError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'file_lost')
    return new StudioError(
      'invalid_file',
      "The base's file was truncated or removed while it was in use.",
      'Restore the file and start again: a run resumes from its last checkpoint.',
    );
  if (error.code !== 'out_of_memory') return error;
  return new StudioError(
    'out_of_memory',
    `This machine has no memory left for the computation (${error.message}).`,
    memoryRemedy,
  );
}

export function bytesPerValue(dtype: tf.DataType): 1 | 4 {
  if (dtype === 'float32' || dtype === 'int32') return 4;
  if (dtype === 'bool') return 1;
  throw new Error(`the native backend has no tensors of type ${dtype}`);
}

function emptyValues(dtype: tf.DataType, count: number): TensorValues {
  if (dtype === 'float32') return new Float32Array(count);
  return dtype === 'int32' ? new Int32Array(count) : new Uint8Array(count);
}

/** tfjs also passes plain arrays and typed arrays of another type than the tensor's. */
function numbersOf(values: tf.backend_util.BackendValues, dtype: tf.DataType): TensorValues {
  if (dtype === 'float32' && values instanceof Float32Array) return values;
  if (dtype === 'int32' && values instanceof Int32Array) return values;
  if (dtype === 'bool' && values instanceof Uint8Array) return values;
  const numbers = Array.from(values, Number);
  if (dtype === 'float32') return Float32Array.from(numbers);
  return dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

function stringBytes(values: tf.backend_util.BackendValues): Uint8Array[] {
  return Array.from<unknown>(values).map((value) => {
    if (value instanceof Uint8Array) return value;
    throw new Error('the values of a string tensor are bytes');
  });
}
