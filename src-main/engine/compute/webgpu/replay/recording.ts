import type { BackendValues, TensorInfo } from '@tensorflow/tfjs-core';
import type { PassPlace } from '../../pass-recorder.ts';
import type { GpuSlice } from '../../tfjs-internals.ts';

/** A dispatch as a program was given it. */
export interface DispatchEvent {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly workgroups: readonly [number, number, number];
  /** In the order of the bindings; the uniforms follow. */
  readonly tensors: readonly TensorInfo[];
  /** Returns true if the program writes to the tensor at this index. */
  isWritten(index: number): boolean;
  readonly uniforms: GPUBuffer;
}

/** Meaning of a backend's data id within a pass. */
export type PassValue =
  | { readonly from: 'input'; readonly name: string; readonly bytes: number }
  /** Uploaded during the pass: made of its shapes and of the settings that its parts depend on. */
  | { readonly from: 'constant'; readonly values: Float32Array | Int32Array }
  | { readonly from: 'part'; readonly place: string; readonly bytes: number }
  /** Made before the pass: weights and variables. */
  | { readonly from: 'before'; readonly slice: GpuSlice };

export interface RecordedDispatch extends DispatchEvent {
  readonly values: readonly object[];
}

export function placeId({ layer, isBackward, segment }: PassPlace): string {
  return `${isBackward ? 'backward' : 'forward'} ${layer}${segment === undefined ? '' : `, ${segment}`}`;
}

/** Device commands of one pass: dispatches by their part, on values by their data ids. */
export class Recording {
  readonly dispatches = new Map<string, RecordedDispatch[]>();
  readonly values = new Map<object, PassValue>();
  /** The places in which a value is read or written again. */
  readonly readers = new Map<object, Set<string>>();
  /** The layers whose states a value is. */
  readonly handedOver = new Map<object, number>();
  /** Gradients of states that a layer may pass back. */
  readonly handedBack = new Set<object>();
  /** Results of linears that are kept one by one. */
  readonly given = new Set<object>();
  /** The places of the dispatches, in the order in which they ran. */
  readonly places = new Map<string, PassPlace>();
  /** Buffers of uniforms that are left to the recording, and to be handed back to the pool. */
  readonly uniforms = new Set<GPUBuffer>();
  /** Reason why this pass cannot be replayed; null if it can. */
  refusal: string | null = null;
  private place = '';
  private readonly isNew: (id: object) => boolean;
  private readonly sliceOf: (id: object) => GpuSlice;

  /** @param isNew whether data were made after the recording began. */
  constructor(isNew: (id: object) => boolean, sliceOf: (id: object) => GpuSlice) {
    this.isNew = isNew;
    this.sliceOf = sliceOf;
  }

  enter(place: PassPlace): void {
    const entered = placeId(place);
    if (entered === this.place) return;
    this.place = entered;
    if (this.dispatches.has(entered)) {
      this.refuse(`${entered} runs in two pieces`);
      return;
    }
    this.dispatches.set(entered, []);
    this.places.set(entered, place);
  }

  refuse(reason: string): void {
    this.refusal ??= reason;
  }

  /** Values of the host that the device is given: of an input, of weights, or what the pass itself has made. */
  upload(id: object, values: BackendValues): void {
    if (!this.isNew(id)) return;
    if (values instanceof Float32Array || values instanceof Int32Array)
      this.values.set(id, { from: 'constant', values: values.slice() });
    else this.refuse('values of another type than numbers are uploaded');
  }

  /** The host asks for values: what it does then may depend on them. */
  readByHost(id: object): void {
    const known = this.values.get(id);
    if (known !== undefined && known.from !== 'constant') this.refuse('the host reads values of the pass');
  }

  dispatch(event: DispatchEvent): void {
    const list = this.dispatches.get(this.place);
    if (list === undefined) {
      this.refuse(`${event.name} runs before the first part`);
      return;
    }
    const values = event.tensors.map(({ dataId }) => dataId);
    values.forEach((id, index) => {
      if (event.isWritten(index)) this.write(event.name, id);
      else this.read(event.name, id);
    });
    list.push({ ...event, values });
  }

  private read(program: string, id: object): void {
    const known = this.values.get(id);
    if (known === undefined) {
      if (this.isNew(id)) this.refuse(`${program} reads what nothing has written`);
      else this.values.set(id, { from: 'before', slice: this.sliceOf(id) });
    }
    this.touch(id);
  }

  private write(program: string, id: object): void {
    const known = this.values.get(id);
    if (known === undefined && this.isNew(id))
      this.values.set(id, { from: 'part', place: this.place, bytes: this.sliceOf(id).size });
    else if (known?.from !== 'part' || known.place !== this.place)
      this.refuse(`${program} writes to what lasts beyond its part`);
    this.touch(id);
  }

  private touch(id: object): void {
    const places = this.readers.get(id) ?? new Set();
    this.readers.set(id, places.add(this.place));
  }
}

/** State that the backend and the project's programs share with a recording. */
export interface Observation {
  /** Null while nothing is recorded. */
  recording: Recording | null;
  /** Uniforms of the last tfjs program. */
  uniforms: GPUBuffer | null;
}
