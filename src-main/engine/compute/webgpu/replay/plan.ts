import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../kernel-inputs.ts';
import type { PassPart, PassPlace, PassResult } from '../../pass-recorder.ts';
import { type GpuSlice, gpuTensorUsage, submitGpuCommands, wholeBuffer } from '../../tfjs-internals.ts';
import { fitsIntoArena, layOut } from '../arena.ts';
import { placeId, type RecordedDispatch, type Recording } from './recording.ts';
import { rolesOf, type ValueRole } from './roles.ts';

/** A dispatch with everything bound. */
export interface PlannedDispatch {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
  /** Bytes of the tensors that it reads and writes. */
  readonly bytes: number;
}

/** A result of a part: the loss, or the gradient of a variable. */
export interface PlannedOutput {
  /** Null: the loss. */
  readonly gradient: string | null;
  readonly slice: GpuSlice;
  readonly shape: readonly number[];
}

/** Backend record of a tensor; it has no buffer once the tensor is disposed of. */
type LastingData = Readonly<Pick<ReturnType<WebGPUBackend['tensorMap']['get']>, 'resource'>>;

/** A part of a pass, ready to be asked for. */
export interface PlannedPart {
  readonly dispatches: readonly PlannedDispatch[];
  /** Tensors from before the pass, with their buffers when the part was recorded. */
  readonly lasting: readonly (readonly [data: LastingData, buffer: GPUBuffer])[];
  /** The variables among it. */
  readonly variables: readonly (readonly [variable: tf.Variable, id: object])[];
  readonly outputs: readonly PlannedOutput[];
  /** Tensors of its gradients that are lent to each step that runs it, by their variables; null while none was. */
  lent: ReadonlyMap<string, tf.Tensor> | null;
}

/**
 * The recorded parts of the passes of one shape, and their buffers. A value that other parts read has the buffer of its role
 * (the states after layer 3, the second of what layer 3 keeps for its gradients), whichever variant of the part makes it: so
 * parts that were recorded under different masks can be combined. All other values share buffers between the parts.
 */
export class PassPlan {
  readonly shapes: string;
  readonly inputs = new Map<string, GPUBuffer>();
  private readonly parts = new Map<string, PlannedPart>();
  private readonly buffers = new Map<string, GPUBuffer>();
  private readonly uniforms: GPUBuffer[] = [];
  /** Location of the variables' gradients, in shared buffers. */
  private readonly gradients = new Map<
    string,
    { readonly arena: string; readonly bytes: number; readonly at: Omit<GpuSlice, 'buffer'> }
  >();
  /** The segments of layers that are kept linear by linear, in the order in which they run. */
  private readonly segments = new Map<string, readonly PassPlace[]>();
  private constants = 0;
  /** Dispatches of all parts. */
  dispatches = 0;
  private readonly backend: WebGPUBackend;

  constructor(backend: WebGPUBackend, shapes: string, variables: readonly tf.Variable[]) {
    this.backend = backend;
    this.shapes = shapes;
    this.layOutGradients(variables);
  }

  /** Null where some part was never recorded. */
  find(parts: readonly PassPart[]): readonly PlannedPart[] | null {
    const found: PlannedPart[] = [];
    for (const part of parts)
      for (const segment of neededSegments(part, this.segmentsOf(part))) {
        const known = this.parts.get(partId(segment));
        if (known === undefined) return null;
        found.push(known);
      }
    return found;
  }

  /** Adds the parts that are new, with their uniforms; returns why it cannot, null if it has. */
  add(
    recording: Recording,
    parts: readonly PassPart[],
    result: PassResult,
    variables: Iterable<tf.Variable>,
  ): string | null {
    const roles = rolesOf(recording, result);
    if (typeof roles === 'string') return roles;
    const byId = new Map([...variables].map((variable) => [variable.dataId, variable]));
    const segments: PassPart[] = [];
    for (const part of parts) {
      if (part.linears !== undefined) {
        const order = segmentPlaces(recording, part);
        const before = this.segments.get(partId(part));
        if (before !== undefined && before.map(placeId).join() !== order.map(placeId).join())
          return 'the linears of a layer run in another order';
        this.segments.set(partId(part), order);
      }
      segments.push(...this.segmentsOf(part));
    }
    for (const part of segments) {
      const key = partId(part);
      const dispatches = recording.dispatches.get(placeId(part)) ?? [];
      const known = this.parts.get(key);
      if (known !== undefined && part.segment !== undefined && !areAlike(known.dispatches, dispatches))
        return `${key} is another one from step to step`;
      if (known !== undefined) continue;
      for (const { uniforms } of dispatches) if (recording.uniforms.delete(uniforms)) this.uniforms.push(uniforms);
      this.parts.set(key, this.plan(dispatches, recording, roles, byId));
      this.dispatches += dispatches.length;
    }
    return null;
  }

  /** A part itself, or its segments as far as they are known, each as a part. */
  private segmentsOf(part: PassPart): readonly PassPart[] {
    const { linears, layer, isBackward, variant } = part;
    if (linears === undefined) return [part];
    const order = this.segments.get(partId(part)) ?? [{ layer, isBackward, segment: 'unknown' }];
    return order.map((place) => ({ ...place, variant: `${variant} ${linears.get(place.segment ?? '') ?? ''}` }));
  }

  /** Hands all buffers back to the backend's pool. */
  release(): void {
    const { bufferManager } = this.backend;
    // Commands that wait still read them, and who gets them next may write at once.
    submitGpuCommands(this.backend);
    for (const { lent } of this.parts.values()) for (const tensor of lent?.values() ?? []) tensor.dispose();
    for (const buffer of [...this.buffers.values(), ...this.uniforms]) bufferManager.releaseBuffer(buffer);
    this.buffers.clear();
    this.parts.clear();
    this.uniforms.length = 0;
  }

  private plan(
    dispatches: readonly RecordedDispatch[],
    recording: Recording,
    roles: ReadonlyMap<object, ValueRole>,
    variables: ReadonlyMap<object, tf.Variable>,
  ): PlannedPart {
    const lasting = new Map<object, GPUBuffer>();
    const outputs: PlannedOutput[] = [];
    const locals = new LocalBuffers(dispatches, (bytes, index) => this.buffer(`local ${index}`, bytes));
    const bound = new Map<object, GpuSlice>();
    const bind = (id: object): GpuSlice => {
      const value = recording.values.get(id);
      if (value === undefined) throw new Error('a value of a recorded pass is unknown');
      switch (value.from) {
        case 'before':
          lasting.set(id, value.slice.buffer);
          return value.slice;
        case 'input':
          return wholeBuffer(this.input(value.name, value.bytes));
        case 'constant':
          return wholeBuffer(this.constant(value.values));
        case 'part': {
          const role = roles.get(id);
          if (role === undefined) return wholeBuffer(locals.take(id, value.bytes));
          const slice = this.roleSlice(role, value.bytes);
          if (role.output !== undefined) outputs.push({ ...role.output, slice });
          return slice;
        }
      }
    };
    const sliceOf = (id: object): GpuSlice => {
      const slice = bound.get(id) ?? bind(id);
      bound.set(id, slice);
      return slice;
    };
    const planned = dispatches.map(({ name, pipeline, layout, workgroups, values, uniforms }, at) => {
      const slices = values.map(sliceOf);
      locals.endOf(at);
      const entries = [...slices, wholeBuffer(uniforms)].map(({ buffer, offset, size }, binding) => ({
        binding,
        resource: { buffer, offset, size },
      }));
      const bindGroup = this.backend.device.createBindGroup({ layout, entries });
      const bytes = slices.reduce((sum, { size }) => sum + size, 0);
      return { name, pipeline, bindGroup, workgroups, bytes };
    });
    const own = [...lasting.keys()].flatMap((id) => {
      const variable = variables.get(id);
      return variable === undefined ? [] : [[variable, id] as const];
    });
    const dataOf = (id: object) => this.backend.tensorMap.get(id);
    const placed = [...lasting].map(([id, buffer]) => [dataOf(id), buffer] as const);
    return { dispatches: planned, lasting: placed, variables: own, outputs, lent: null };
  }

  /** Buffers for the gradients of all variables that are not too large for a shared one. */
  private layOutGradients(variables: readonly tf.Variable[]): void {
    const sized = variables.map(({ name, shape }) => ({ name, size: 4 * sizeOf(shape) }));
    const shared = sized.filter(({ size }) => fitsIntoArena(size));
    for (const [index, { bytes, places }] of layOut(this.backend, shared).entries())
      for (const { item, at } of places) this.gradients.set(item.name, { arena: `gradients ${index}`, bytes, at });
  }

  private roleSlice({ name, output }: ValueRole, bytes: number): GpuSlice {
    const place = this.gradients.get(output?.gradient ?? '');
    if (place === undefined || place.at.size !== bytes) return wholeBuffer(this.buffer(name, bytes));
    return { buffer: this.buffer(place.arena, place.bytes), ...place.at };
  }

  private input(name: string, bytes: number): GPUBuffer {
    const buffer = this.buffer(`input ${name}`, bytes);
    this.inputs.set(name, buffer);
    return buffer;
  }

  private constant(values: Float32Array | Int32Array): GPUBuffer {
    const buffer = this.buffer(`constant ${++this.constants}`, values.byteLength);
    this.backend.queue.writeBuffer(buffer, 0, values.slice());
    return buffer;
  }

  private buffer(role: string, bytes: number): GPUBuffer {
    const key = `${role}, ${bytes}`;
    const known = this.buffers.get(key) ?? this.backend.bufferManager.acquireBuffer(bytes, gpuTensorUsage());
    this.buffers.set(key, known);
    return known;
  }
}

/** In the order in which they ran. */
function segmentPlaces({ places }: Recording, { layer, isBackward }: PassPlace): PassPlace[] {
  return [...places.values()].filter((place) => place.layer === layer && place.isBackward === isBackward);
}

/** The last layer's backward pass ends at its last trained linear. */
function neededSegments({ linears, isLast }: PassPart, segments: readonly PassPart[]): readonly PassPart[] {
  if (linears === undefined || !isLast) return segments;
  const last = segments.findLastIndex(({ segment }) => segment !== undefined && linears.get(segment) === 't');
  return segments.slice(0, last + 1);
}

function areAlike(planned: readonly PlannedDispatch[], recorded: readonly RecordedDispatch[]): boolean {
  return planned.map(({ name }) => name).join() === recorded.map(({ name }) => name).join();
}

function partId(part: PassPart): string {
  return `${placeId(part)}: ${part.variant}`;
}

/** Buffers of the values that live and die in one part: given on from a value to a later one of its size. */
class LocalBuffers {
  private readonly held = new Map<object, { readonly buffer: GPUBuffer; readonly bytes: number }>();
  private readonly free = new Map<number, GPUBuffer[]>();
  private readonly made = new Map<number, number>();
  private readonly lastUses = new Map<object, number>();
  private readonly make: (bytes: number, index: number) => GPUBuffer;

  constructor(dispatches: readonly RecordedDispatch[], make: (bytes: number, index: number) => GPUBuffer) {
    this.make = make;
    dispatches.forEach(({ values }, at) => {
      for (const id of values) this.lastUses.set(id, at);
    });
  }

  /** For a value that is used for the first time. */
  take(id: object, bytes: number): GPUBuffer {
    const buffer = this.free.get(bytes)?.pop() ?? this.fresh(bytes);
    this.held.set(id, { buffer, bytes });
    return buffer;
  }

  /** Frees what the dispatch at `at` was the last to use. */
  endOf(at: number): void {
    for (const [id, { buffer, bytes }] of this.held) {
      if ((this.lastUses.get(id) ?? 0) > at) continue;
      this.held.delete(id);
      this.free.set(bytes, [...(this.free.get(bytes) ?? []), buffer]);
    }
  }

  private fresh(bytes: number): GPUBuffer {
    const index = this.made.get(bytes) ?? 0;
    this.made.set(bytes, index + 1);
    return this.make(bytes, index);
  }
}
