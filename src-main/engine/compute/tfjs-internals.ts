import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';

/**
 * All uses of undocumented parts of tfjs: the tape, the engine's counters, shared storage, the memory of its wasm backend, the
 * commands of its WebGPU backend.
 * Other versions may differ, so they are refused until this file has been checked.
 */
const checkedVersion = '4.22.0';
if (tf.version_core !== checkedVersion)
  throw new Error(
    `tfjs-core is ${tf.version_core}, but what the engine uses of its internals was checked with ${checkedVersion}`,
  );

/** An entry of the gradient tape. */
export type TapeNode = ReturnType<typeof tf.engine>['state']['activeTape'][number];

/** Returns true if operations are recorded on a gradient tape. */
export function isTaping(): boolean {
  return tf.engine().isTapeOn();
}

/** Appends an entry to the tape, which must be on. */
export function pushOnTape(node: Omit<TapeNode, 'id'>): void {
  const { state } = tf.engine();
  state.activeTape.push({ id: state.nextTapeNodeId++, ...node });
}

/**
 * Runs a computation and records its operations on `tape`. Throws if another tape is active: higher-order gradients are not
 * supported.
 */
export function recorded(tape: TapeNode[], run: () => tf.Tensor): tf.Tensor {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) throw new Error('there are no gradients of gradients');
  state.activeTape = tape;
  state.gradientDepth++;
  try {
    return tf.tidy(run);
  } finally {
    state.gradientDepth--;
    state.activeTape = [];
  }
}

/** Runs a kernel of the active backend that writes in place and has no outputs; not at all where it has none. */
export function runInPlace(name: string, inputs: tf.NamedTensorMap, attributes: Record<string, number>): boolean {
  const { backend, backendName } = tf.engine();
  const kernel = tf.getKernel(name, backendName);
  kernel?.kernelFunc({ inputs, attrs: attributes, backend });
  return kernel !== undefined;
}

/**
 * Like `tf.engine().runKernel` without parts that our operations do not need: tfjs's lookup of gradients and its leak
 * check, which take much of a step of small models. `lacking` registers a kernel of that name on the backend.
 */
export function runUntracked(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: Readonly<Record<string, number>>,
  lacking: (backendName: string) => tf.KernelConfig,
): tf.Tensor[] {
  const engine = tf.engine();
  const kernel = tf.getKernel(name, engine.backendName) ?? lacking(engine.backendName);
  const { state } = engine;
  state.kernelDepth++;
  try {
    const result = kernel.kernelFunc({ inputs, attrs: attributes, backend: engine.backend });
    const list = Array.isArray(result) ? result : [result];
    return list.map((info) => (info instanceof tf.Tensor ? info : engine.makeTensorFromTensorInfo(info)));
  } finally {
    state.kernelDepth--;
  }
}

/** Another tensor of the same values: `tf.clone` without a kernel and an entry on the tape, and without a copy on wasm. */
export function shallowClone(tensor: tf.Tensor): tf.Tensor {
  const engine = tf.engine();
  engine.backend.incRef(tensor.dataId);
  return engine.makeTensorFromDataId(tensor.dataId, tensor.shape, tensor.dtype);
}

/** Moves a tensor's values from another backend to this one. */
export function moveDataTo(backend: tf.KernelBackend, dataId: object): void {
  tf.engine().moveData(backend, dataId);
}

/** The memory of tfjs's running wasm backend, and the functions of its heap. */
export interface WasmHeap {
  readonly memory: WebAssembly.Memory;
  malloc(bytes: number): unknown;
  free(address: number): unknown;
}

/** Null if tfjs's build hides them. */
export function wasmHeapOf(backend: BackendWasm): WasmHeap | null {
  const memory = property(property(backend.wasm, 'asm'), 'memory');
  const [malloc, free] = [property(backend.wasm, '_malloc'), property(backend.wasm, '_free')];
  if (!(memory instanceof WebAssembly.Memory)) return null;
  if (typeof malloc !== 'function' || typeof free !== 'function') return null;
  return { memory, malloc: (bytes) => malloc(bytes), free: (address) => free(address) };
}

/** A dispatch of our own among those of tfjs's WebGPU backend. */
export interface GpuDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
  /** Tensors whose buffers must not be reused before the commands are submitted. */
  readonly tensors: readonly tf.TensorInfo[];
}

/** Appends a dispatch to the commands of tfjs's WebGPU backend, as its `runWebGPUProgram` does. */
export function recordGpuDispatch(backend: WebGPUBackend, dispatch: GpuDispatch): void {
  const owned = property(backend, 'commandQueueOwnedIds');
  if (!(owned instanceof WeakSet)) throw new Error("tfjs's WebGPU backend keeps no set of tensors in use");
  for (const { dataId } of dispatch.tensors) owned.add(dataId);
  const pass = gpuPassOf(backend);
  pass.setPipeline(dispatch.pipeline);
  pass.setBindGroup(0, dispatch.bindGroup);
  pass.dispatchWorkgroups(...dispatch.workgroups);
  const count = Number(property(backend, 'dispatchCountInPass')) + 1;
  Reflect.set(backend, 'dispatchCountInPass', count);
  if (count < tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** The compute pass that the backend records into, begun if there is none. */
function gpuPassOf(backend: WebGPUBackend): GPUComputePassEncoder {
  const running = property(backend, 'computePassEncoder');
  if (running instanceof GPUComputePassEncoder) return running;
  backend.ensureCommandEncoderReady();
  const begun = gpuEncoderOf(backend).beginComputePass();
  Reflect.set(backend, 'computePassEncoder', begun);
  return begun;
}

function gpuEncoderOf(backend: WebGPUBackend): GPUCommandEncoder {
  const encoder = property(backend, 'commandEncoder');
  if (!(encoder instanceof GPUCommandEncoder)) throw new Error("tfjs's WebGPU backend has no command encoder");
  return encoder;
}

/** Hands a buffer of the backend's pool back to it once the commands that read it are submitted. */
export function releaseAfterSubmit(backend: WebGPUBackend, buffer: GPUBuffer): void {
  pendingDisposal(backend, 'uniformPendingDisposal').push(buffer);
}

/** Buffers that are let go once the commands are submitted: uniforms to the pool, staged ones to the device. */
function pendingDisposal(backend: WebGPUBackend, name: `${'uniform' | 'staging'}PendingDisposal`): unknown[] {
  const pending = property(backend, name);
  if (!Array.isArray(pending)) throw new Error("tfjs's WebGPU backend keeps no list of buffers in use");
  return pending;
}

/** Usage of the buffers of tensors in the backend's pool, which reuses a buffer for its own usage alone. */
export function gpuTensorUsage(): GPUBufferUsageFlags {
  return GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
}

/**
 * Gives a new tensor of tfjs's WebGPU backend a buffer of `bytes` bytes, whatever its shape, that `fill` writes. The backend's own
 * programs must not read it.
 */
export async function fillGpuBuffer(
  backend: WebGPUBackend,
  { dataId }: tf.TensorInfo,
  bytes: number,
  fill: (target: Uint8Array) => Promise<void>,
): Promise<void> {
  const buffer = backend.bufferManager.acquireBuffer(bytes, gpuTensorUsage(), true);
  Reflect.set(backend.tensorMap.get(dataId), 'resource', buffer);
  if (buffer.mapState === 'mapped') {
    try {
      await fill(new Uint8Array(buffer.getMappedRange()));
    } finally {
      buffer.unmap();
    }
    return;
  }
  // One of the pool, which was mapped before.
  const values = new Uint8Array(bytes);
  await fill(values);
  backend.queue.writeBuffer(buffer, 0, values);
}

/** Location of a tensor's values: a buffer of its own, or a part of a shared one. */
export interface GpuSlice {
  readonly buffer: GPUBuffer;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

/** A part of a shared buffer, which learns of its tensor's end. */
export interface SharedSlice extends GpuSlice {
  release(): void;
}

/** Lets tensors of the backend lie in shared buffers: its programs bind their parts, and the buffers outlive them. */
export function allowGpuSlices(backend: WebGPUBackend): void {
  const [bind, release] = [property(backend, 'tensorToBinding'), property(backend, 'releaseResource')];
  if (typeof bind !== 'function' || typeof release !== 'function')
    throw new Error("tfjs's WebGPU backend binds and releases no tensors");
  Reflect.set(backend, 'tensorToBinding', (tensor: tf.TensorInfo | null): unknown => {
    const slice = tensor && sharedSlice(backend, tensor);
    return slice ? { buffer: slice.buffer, offset: slice.offset, size: slice.size } : bind.call(backend, tensor);
  });
  Reflect.set(backend, 'releaseResource', (dataId: object): void => {
    const slice = backend.tensorMap.has(dataId) ? sharedSlice(backend, { dataId }) : null;
    if (slice === null) {
      release.call(backend, dataId);
      return;
    }
    const data = backend.tensorMap.get(dataId);
    Reflect.set(data, 'resource', null);
    Reflect.deleteProperty(data, 'slice');
    slice.release();
  });
}

/** Null of a tensor that has a buffer of its own, or none. */
export function sharedSlice(backend: WebGPUBackend, { dataId }: Pick<tf.TensorInfo, 'dataId'>): SharedSlice | null {
  return sliceIn(backend.tensorMap.get(dataId));
}

function sliceIn(data: object): SharedSlice | null {
  const slice: unknown = Reflect.get(data, 'slice');
  return isSharedSlice(slice) ? slice : null;
}

function isSharedSlice(slice: unknown): slice is SharedSlice {
  return typeof slice === 'object' && slice !== null && 'release' in slice;
}

/** The values of a tensor are in `slice` from now on. */
function lieIn(backend: WebGPUBackend, { dataId }: tf.TensorInfo, slice: SharedSlice): void {
  const data = backend.tensorMap.get(dataId);
  Reflect.set(data, 'resource', slice.buffer);
  Reflect.set(data, 'slice', slice);
}

/** Moves the values of a tensor into `slice`, and gives its buffer back to the pool, or if `isLasting` to the device. */
export function moveIntoSlice(
  backend: WebGPUBackend,
  tensor: tf.TensorInfo,
  slice: SharedSlice,
  isLasting: boolean,
): void {
  const { buffer, offset } = gpuSliceOf(backend, tensor, true);
  const before = sharedSlice(backend, tensor);
  copyOnGpu(backend, { buffer, offset, size: slice.size }, slice);
  if (before !== null) before.release();
  else if (property(backend.tensorMap.get(tensor.dataId), 'external') !== true)
    pendingDisposal(backend, isLasting ? 'stagingPendingDisposal' : 'uniformPendingDisposal').push(buffer);
  lieIn(backend, tensor, slice);
}

/** Appends a copy to the commands of the backend. */
export function copyOnGpu(backend: WebGPUBackend, from: GpuSlice, to: GpuSlice): void {
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  gpuEncoderOf(backend).copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, from.size);
}

/**
 * Returns the location of a tensor of tfjs's WebGPU backend, after uploading it if necessary. `isWritten`: a program
 * changes the tensor, so values read back before become invalid.
 */
export function gpuSliceOf(
  backend: WebGPUBackend,
  { dataId }: Pick<tf.TensorInfo, 'dataId'>,
  isWritten: boolean,
): GpuSlice {
  const data = backend.tensorMap.get(dataId);
  if (!data.resource) backend.uploadToGPU(dataId);
  const { resource } = data;
  if (!(resource instanceof GPUBuffer)) throw new Error('a tensor of the WebGPU backend has no buffer');
  if (isWritten) Reflect.set(data, 'values', null);
  return sliceIn(data) ?? wholeBuffer(resource);
}

export function wholeBuffer(buffer: GPUBuffer): GpuSlice {
  return { buffer, offset: 0, size: buffer.size };
}

/** Returns true if the pool of tfjs's WebGPU backend has a free buffer of this size and usage. */
export function hasFreeGpuBuffer(backend: WebGPUBackend, size: number, usage: GPUBufferUsageFlags): boolean {
  return freeGpuBuffers(backend).some((buffer) => buffer.size === size && buffer.usage === usage);
}

/**
 * Gives the buffers back to the device that wait for reuse. Commands that were not handed over yet hold buffers of tensors that are
 * gone, so they are handed over first.
 */
export function releaseFreeGpuBuffers(backend: WebGPUBackend): void {
  submitGpuCommands(backend);
  const pool = backend.bufferManager;
  for (const { size, usage } of freeGpuBuffers(backend)) pool.releaseBuffer(pool.acquireBuffer(size, usage), false);
}

function freeGpuBuffers(backend: WebGPUBackend): GPUBuffer[] {
  const free = property(backend.bufferManager, 'freeBuffers');
  if (!(free instanceof Map)) throw new Error("tfjs's WebGPU backend keeps no map of free buffers");
  return [...free.values()].flat().filter((buffer) => buffer instanceof GPUBuffer);
}

/**
 * Calls `observe` with the buffer of the uniforms of each of the backend's own programs, which is then the observer's: the
 * backend does not reuse it.
 */
export function keepGpuUniforms(backend: WebGPUBackend, observe: (uniforms: GPUBuffer) => void): () => void {
  const make = property(backend, 'makeUniforms');
  if (typeof make !== 'function') throw new Error("tfjs's WebGPU backend makes no uniforms");
  Reflect.set(backend, 'makeUniforms', (given: unknown) => {
    const made: unknown = make.call(backend, given);
    const uniforms = pendingDisposal(backend, 'uniformPendingDisposal').pop();
    if (!(uniforms instanceof GPUBuffer)) throw new Error("tfjs's WebGPU backend keeps no list of uniforms in use");
    observe(uniforms);
    return made;
  });
  return () => Reflect.deleteProperty(backend, 'makeUniforms');
}

/** The number of a datum of tfjs's WebGPU backend: they are counted. */
export function gpuDataNumber(id: object): number {
  const found = property(id, 'id');
  if (typeof found !== 'number') throw new Error("the data of tfjs's WebGPU backend have no numbers");
  return found;
}

/** Hands the commands that wait over to the device. */
export function submitGpuCommands(backend: WebGPUBackend): void {
  backend.endComputePassEncoder();
  if (property(backend, 'commandEncoder') instanceof GPUCommandEncoder) backend.submitQueue();
}

/** A tensor of the values in a slice, which is told when the tensor is disposed of. */
export function tensorInSlice(backend: WebGPUBackend, slice: SharedSlice, shape: readonly number[]): tf.Tensor {
  const info = backend.makeTensorInfo([...shape], 'float32');
  lieIn(backend, info, slice);
  return tf.engine().makeTensorFromTensorInfo(info);
}

/** The number of the next entry of the tape. */
export function nextTapeNode(): number {
  return tf.engine().state.nextTapeNodeId;
}

function property(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined;
}
