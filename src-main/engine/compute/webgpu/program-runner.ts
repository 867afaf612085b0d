import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../kernel-inputs.ts';
import {
  copyOnGpu,
  fillGpuBuffer,
  type GpuSlice,
  gpuSliceOf,
  moveIntoSlice,
  recordGpuDispatch,
  sharedSlice,
  submitGpuCommands,
  wholeBuffer,
} from '../tfjs-internals.ts';
import { ArenaSlice, fitsIntoArena, GpuArena, layOut } from './arena.ts';
import { gpuCounters } from './counters.ts';
import { decodeProgram } from './encodings/decode-program.ts';
import type { GpuEncoding } from './encodings/encoding.ts';
import { ProductPaths } from './product-paths.ts';
import { type GpuProgram, sourceOf, uniformBytes } from './program.ts';
import type { Observation } from './replay/recording.ts';

/** A tensor, or a whole buffer that tensors share. */
export type GpuOperand = tf.TensorInfo | GPUBuffer;

/** Arguments of a program's dispatch. */
export interface GpuArguments {
  /** In the program's order. */
  readonly reads: readonly GpuOperand[];
  readonly writes: readonly GpuOperand[];
  readonly uniforms: readonly number[];
  readonly workgroups: readonly [number, number, number];
  /** The uniforms change from step to step: their buffer is written again where the tensors are those of a step before. */
  readonly changing?: boolean;
}

interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly number: number;
}

interface Bound {
  readonly bindGroup: GPUBindGroup;
  readonly uniforms: GPUBuffer;
}

interface Written extends Bound {
  /** The command buffer in which they were used last, by its number. */
  submission: number;
}

function isTensor(operand: GpuOperand): operand is tf.TensorInfo {
  return !(operand instanceof GPUBuffer);
}

/** Buffers and bind groups that are kept at most; those of a few shapes of batches are far fewer. */
const maxKept = 8192;

/**
 * Runs our programs on the tensors of tfjs's WebGPU backend, in order with its own. Pipelines, uniforms and bind groups are kept:
 * the backend's pool gives a step the buffers of the step before, so that nothing is made again.
 */
export class ProgramRunner {
  private readonly backend: WebGPUBackend;
  private readonly pipelines = new WeakMap<GpuProgram, Pipeline>();
  private readonly uniforms = new Map<string, GPUBuffer>();
  private readonly bindGroups = new Map<string, GPUBindGroup>();
  /** Cached uniforms that are rewritten, by pipeline and tensors. */
  private readonly written = new Map<string, Written>();
  /** Command buffers that the backend has handed to the device. */
  submissions = 0;
  private readonly numbers = new WeakMap<GPUBuffer, number>();
  /** By the data of the tensors whose buffers have encoded values. */
  private readonly encodings = new WeakMap<object, GpuEncoding>();
  private lastNumber = 0;
  private readonly maxWorkgroups: number;
  /** Methods of products on this device. */
  readonly products = new ProductPaths();
  /** Recording of the current pass, if any. */
  readonly observation: Observation = { recording: null, uniforms: null };
  /** Buffers that a program may bind. */
  readonly maxBuffers: number;

  constructor(backend: WebGPUBackend) {
    this.backend = backend;
    const { limits } = backend.device;
    this.maxWorkgroups = limits.maxComputeWorkgroupsPerDimension;
    this.maxBuffers = limits.maxStorageBuffersPerShaderStage;
  }

  /** A new tensor, whose values a program is to write. */
  output(shape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): tf.TensorInfo {
    const isEmpty = shape.includes(0);
    const none = dtype === 'float32' ? new Float32Array(0) : new Int32Array(0);
    return this.backend.makeTensorInfo([...shape], dtype, isEmpty ? none : undefined);
  }

  /** A new tensor of these values. */
  uploaded(values: Int32Array): tf.TensorInfo {
    return this.backend.makeTensorInfo([values.length], 'int32', values);
  }

  /** A new float32 tensor whose buffer of `bytes` bytes has its values as they are encoded: what `fill` writes. */
  async stored(
    shape: readonly number[],
    encoding: GpuEncoding,
    bytes: number,
    fill: (target: Uint8Array) => Promise<void>,
  ): Promise<tf.TensorInfo> {
    const tensor = this.output(shape);
    this.encodings.set(tensor.dataId, encoding);
    try {
      await fillGpuBuffer(this.backend, tensor, bytes, fill);
    } catch (error) {
      this.release(tensor);
      throw error;
    }
    return tensor;
  }

  /** Returns the encoding of a tensor's buffer; null for plain values. */
  encodingOf({ dataId }: tf.TensorInfo): GpuEncoding | null {
    return this.encodings.get(dataId) ?? null;
  }

  /** The values of an encoded tensor in a new one, to be released; null of any other. */
  decoded(tensor: tf.TensorInfo): tf.TensorInfo | null {
    const encoding = this.encodingOf(tensor);
    if (encoding === null) return null;
    const values = this.output(tensor.shape);
    const count = sizeOf(tensor.shape);
    const { program, workgroups } = decodeProgram(encoding.encoding, count);
    this.run(program, { reads: [tensor], writes: [values], uniforms: [count], workgroups: this.flat(workgroups) });
    return values;
  }

  /** The values of a tensor that shares a buffer in a new one that does not, to be released; null of any other. */
  alone(tensor: tf.TensorInfo): tf.TensorInfo | null {
    const slice = sharedSlice(this.backend, tensor);
    if (slice === null) return null;
    const values = this.output(tensor.shape);
    copyOnGpu(this.backend, slice, gpuSliceOf(this.backend, values, true));
    return values;
  }

  /**
   * Lets tensors share buffers, those that are not too large and share none yet.
   * @param isLasting the buffers that they had are given back to the device, not to the pool.
   */
  share(tensors: readonly tf.TensorInfo[], isLasting: boolean): void {
    const alone = new Map<object, { readonly tensor: tf.TensorInfo; readonly size: number }>();
    for (const tensor of tensors) {
      if (sharedSlice(this.backend, tensor) !== null) continue;
      const size = 4 * sizeOf(tensor.shape);
      if (fitsIntoArena(size)) alone.set(tensor.dataId, { tensor, size });
    }
    if (alone.size < 2) return;
    this.observation.recording?.refuse('tensors are moved');
    for (const { bytes, places } of layOut(this.backend, [...alone.values()])) {
      const arena = new GpuArena(this.backend, bytes);
      for (const { item, at } of places)
        moveIntoSlice(this.backend, item.tensor, arena.slice(at.offset, at.size), isLasting);
    }
  }

  /**
   * Puts `tensor`, which a program is to change, where `leader` of the same shape is in its buffer, into one beside it. Returns
   * where it is.
   */
  beside(leader: GpuSlice, name: string, tensor: tf.TensorInfo): GpuSlice {
    const own = gpuSliceOf(this.backend, tensor, true);
    if (!(leader instanceof ArenaSlice)) return own;
    const companion = leader.arena.companion(name);
    if (own.buffer === companion.buffer) return own;
    const slice = companion.slice(leader.offset, leader.size);
    moveIntoSlice(this.backend, tensor, slice, true);
    return slice;
  }

  /** Returns the location of a tensor. */
  sliceOf(tensor: tf.TensorInfo, isWritten: boolean): GpuSlice {
    return gpuSliceOf(this.backend, tensor, isWritten);
  }

  /** Frees what `output` gave for use between programs. */
  release(...tensors: tf.TensorInfo[]): void {
    for (const { dataId } of tensors) this.backend.disposeData(dataId);
  }

  /** Workgroups in x and y for so many in a row: a dimension has at most some 65 thousand. */
  flat(workgroups: number): [number, number, number] {
    const across = Math.min(workgroups, this.maxWorkgroups);
    return [across, Math.ceil(workgroups / across), 1];
  }

  run(program: GpuProgram, { reads, writes, uniforms, workgroups, changing = false }: GpuArguments): void {
    if (workgroups.includes(0)) return;
    const pipeline = this.pipelineOf(program);
    const temporary: tf.TensorInfo[] = [];
    const values = reads.map((tensor, index) => {
      const decoded = program.reads[index]?.type === 'words' || !isTensor(tensor) ? null : this.decoded(tensor);
      if (decoded !== null) temporary.push(decoded);
      return decoded ?? tensor;
    });
    const operands = [...values, ...writes];
    const buffers = operands.map((operand, index) =>
      isTensor(operand) ? gpuSliceOf(this.backend, operand, index >= reads.length) : wholeBuffer(operand),
    );
    const tensors = operands.filter(isTensor);
    gpuCounters.dispatch(program.name, () => buffers.reduce((sum, { size }) => sum + size, 0));
    const bytes = uniformBytes(program, uniforms);
    // A recorded pass must find the same uniforms again.
    const { recording } = this.observation;
    if (tensors.length < operands.length) recording?.refuse('a buffer that tensors share is written as a whole');
    const isWritten = changing && recording === null;
    const { bindGroup, uniforms: uniformBuffer } = isWritten
      ? this.boundToWritten(pipeline, buffers, bytes)
      : this.boundToKept(pipeline, buffers, wholeBuffer(this.keptUniform(bytes)));
    recordGpuDispatch(this.backend, { pipeline: pipeline.pipeline, bindGroup, workgroups, tensors });
    this.release(...temporary);
    recording?.dispatch({
      name: program.name,
      ...pipeline,
      workgroups,
      tensors,
      isWritten: (index) => index >= reads.length,
      uniforms: uniformBuffer,
    });
  }

  /** Errors of the device in what `run` asks of it, instead of the device's failure; null if there is none. Waits until it is done. */
  async tryOut(run: () => void): Promise<string | null> {
    const { device } = this.backend;
    const scopes = ['validation', 'internal', 'out-of-memory'] as const;
    for (const scope of scopes) device.pushErrorScope(scope);
    run();
    await this.finished();
    const errors = await Promise.all(scopes.map(() => device.popErrorScope()));
    return errors.find((error) => error !== null)?.message ?? null;
  }

  /** Until the device has done what it was asked for. */
  async finished(): Promise<void> {
    submitGpuCommands(this.backend);
    await this.backend.device.queue.onSubmittedWorkDone();
  }

  /** The values of a tensor that a program wrote. */
  async read({ dataId }: tf.TensorInfo): Promise<Float32Array> {
    const values = await this.backend.read(dataId);
    if (!(values instanceof Float32Array)) throw new Error('a program writes float32');
    return values;
  }

  private pipelineOf(program: GpuProgram): Pipeline {
    const known = this.pipelines.get(program);
    if (known !== undefined) return known;
    const { device } = this.backend;
    const module = device.createShaderModule({ code: sourceOf(program), label: program.name });
    const types: GPUBufferBindingType[] = [
      ...program.reads.map(() => 'read-only-storage' as const),
      ...program.writes.map(() => 'storage' as const),
      'uniform',
    ];
    const layout = device.createBindGroupLayout({
      entries: types.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } })),
    });
    const pipeline = device.createComputePipeline({
      label: program.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    });
    const made = { pipeline, layout, number: ++this.lastNumber };
    this.pipelines.set(program, made);
    return made;
  }

  private keptUniform(bytes: Uint8Array<ArrayBuffer>): GPUBuffer {
    const key = bytes.join();
    const known = this.uniforms.get(key);
    if (known !== undefined) return known;
    const { device, queue } = this.backend;
    const buffer = device.createBuffer({ size: bytes.length, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM });
    queue.writeBuffer(buffer, 0, bytes);
    // Dropped ones live on in the commands and bind groups that use them.
    if (this.uniforms.size >= maxKept) this.uniforms.clear();
    this.uniforms.set(key, buffer);
    return buffer;
  }

  private boundToKept(pipeline: Pipeline, tensors: readonly GpuSlice[], uniforms: GpuSlice): Bound {
    const buffers = [...tensors, uniforms];
    const key = this.keyOf(pipeline, buffers);
    const known = this.bindGroups.get(key);
    if (known !== undefined) return { bindGroup: known, uniforms: uniforms.buffer };
    const bindGroup = this.bind(pipeline, buffers);
    if (this.bindGroups.size >= maxKept) this.bindGroups.clear();
    this.bindGroups.set(key, bindGroup);
    return { bindGroup, uniforms: uniforms.buffer };
  }

  private boundToWritten(pipeline: Pipeline, tensors: readonly GpuSlice[], bytes: Uint8Array<ArrayBuffer>): Bound {
    const key = this.keyOf(pipeline, tensors);
    const bound = this.written.get(key) ?? this.bindToWritten(pipeline, tensors, bytes.length);
    // Values are written at once, and must not reach a dispatch before this one.
    if (bound.submission === this.submissions) submitGpuCommands(this.backend);
    bound.submission = this.submissions;
    if (this.written.size >= maxKept) this.written.clear();
    this.written.set(key, bound);
    this.backend.queue.writeBuffer(bound.uniforms, 0, bytes);
    return bound;
  }

  private bindToWritten(pipeline: Pipeline, tensors: readonly GpuSlice[], size: number): Written {
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM;
    const uniforms = this.backend.device.createBuffer({ size, usage });
    return { bindGroup: this.bind(pipeline, [...tensors, wholeBuffer(uniforms)]), uniforms, submission: -1 };
  }

  private keyOf({ number }: Pipeline, slices: readonly GpuSlice[]): string {
    let key = String(number);
    for (const { buffer, offset, size } of slices) {
      key += `,${this.numberOf(buffer)}`;
      if (size < buffer.size) key += ` ${offset} ${size}`;
    }
    return key;
  }

  private bind({ layout }: Pipeline, slices: readonly GpuSlice[]): GPUBindGroup {
    const entries = slices.map(({ buffer, offset, size }, binding) => ({
      binding,
      resource: { buffer, offset, size },
    }));
    return this.backend.device.createBindGroup({ layout, entries });
  }

  private numberOf(buffer: GPUBuffer): number {
    const known = this.numbers.get(buffer);
    if (known !== undefined) return known;
    this.numbers.set(buffer, ++this.lastNumber);
    return this.lastNumber;
  }
}
