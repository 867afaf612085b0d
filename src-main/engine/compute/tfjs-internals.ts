import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Everything of tfjs that is not its documented interface: the tape, the engine's counters, tensors that share storage, the
 * memory of its wasm backend. Another version may have all of it otherwise, so that it is refused until this file was checked.
 */
const checkedVersion = '4.22.0';
if (tf.version_core !== checkedVersion)
  throw new Error(
    `tfjs-core is ${tf.version_core}, but what the engine uses of its internals was checked with ${checkedVersion}`,
  );

/** An entry of the gradient tape. */
export type TapeNode = ReturnType<typeof tf.engine>['state']['activeTape'][number];

/** Whether what is computed now goes onto a gradient tape. */
export function isTaping(): boolean {
  return tf.engine().isTapeOn();
}

/** Appends an entry to the tape, which must be on. */
export function pushOnTape(node: Omit<TapeNode, 'id'>): void {
  const { state } = tf.engine();
  state.activeTape.push({ id: state.nextTapeNodeId++, ...node });
}

/** Runs a computation with its operations written onto `tape`. Throws where another tape is on: there are no gradients of gradients. */
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

/** Runs a kernel of the active backend that writes in place and has no outputs. */
export function runKernelByName(name: string, inputs: tf.NamedTensorMap, attributes: Record<string, number>): void {
  tf.engine().runKernel(name, inputs, attributes);
}

/**
 * Does what `tf.engine().runKernel` does but for what our operations do not need: tfjs's search for gradients of its own and
 * its watch for leaks. Small models spend much of a step there. `lacking` registers a kernel of that name on the backend.
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

/** Moves a tensor's values, which stand on another backend, to this one. */
export function moveDataTo(backend: tf.KernelBackend, dataId: object): void {
  tf.engine().moveData(backend, dataId);
}

/** The memory of tfjs's running wasm backend, and the functions of its heap. */
export interface WasmHeap {
  readonly memory: WebAssembly.Memory;
  malloc(bytes: number): unknown;
  free(address: number): unknown;
}

/** Null where tfjs's build hides them. */
export function wasmHeapOf(backend: BackendWasm): WasmHeap | null {
  const memory = property(property(backend.wasm, 'asm'), 'memory');
  const [malloc, free] = [property(backend.wasm, '_malloc'), property(backend.wasm, '_free')];
  if (!(memory instanceof WebAssembly.Memory)) return null;
  if (typeof malloc !== 'function' || typeof free !== 'function') return null;
  return { memory, malloc: (bytes) => malloc(bytes), free: (address) => free(address) };
}

function property(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined;
}
