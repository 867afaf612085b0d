import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../../src-shared/contract/errors.ts';
import type { PassMarks, PassRecorder, PassRequest, PassResult } from '../../pass-recorder.ts';
import {
  type GpuSlice,
  gpuDataNumber,
  gpuSliceOf,
  keepGpuUniforms,
  releaseAfterSubmit,
  type SharedSlice,
  submitGpuCommands,
  tensorInSlice,
} from '../../tfjs-internals.ts';
import { GpuArena } from '../arena.ts';
import { gpuCounters } from '../counters.ts';
import { PassPlan, type PlannedDispatch, type PlannedPart } from './plan.ts';
import { type Observation, Recording } from './recording.ts';

const unmarked: PassMarks = {
  enter: () => undefined,
  handOver: () => undefined,
  handBack: () => undefined,
  give: () => undefined,
};

/** Dispatches of one command buffer: the device begins with the first while the next is written. */
const dispatchesAtOnce = 256;

/** Plans that were found outdated, after which no more are made: something changes from step to step. */
const maxOutdated = 3;

/** Plans that were given back for want of memory, after which no more are made. */
const maxReleased = 10;

/**
 * Records the passes of one owner, for the shapes of its inputs that came twice in a row, and asks the device for the same work
 * again without the passes' code: only the inputs are written, and commands are encoded from kept bind groups.
 */
export class GpuPassRecorder implements PassRecorder {
  private readonly backend: WebGPUBackend;
  private readonly observation: Observation;
  private owner: WeakRef<object> | null = null;
  private plan: PassPlan | null = null;
  private lastShapes: string | null = null;
  private outdated = 0;
  private givenBack = 0;
  /** While the plan itself is replayed or added to. */
  private isBusy = false;
  /** Results in the plan's buffers that were not disposed of. */
  private resultsInUse = 0;
  /**
   * Dispatches of a plan, beyond which another is begun: every variant of a part has bind groups and uniforms of its own.
   */
  maxDispatches = 50_000;
  /** Reason why the owner's passes are not recorded; null while they are. */
  refusal: string | null = null;
  /** Passes that were replayed, and recorded. */
  readonly counts = { replayed: 0, recorded: 0 };

  constructor(backend: WebGPUBackend, observation: Observation) {
    this.backend = backend;
    this.observation = observation;
  }

  run(request: PassRequest, pass: (marks: PassMarks) => PassResult): PassResult {
    if (this.owner?.deref() !== request.owner) this.begin(request.owner);
    const { shapes } = request;
    const cameTwice = this.lastShapes === shapes;
    this.lastShapes = shapes;
    const { plan } = this;
    if (plan?.shapes === shapes) {
      const parts = plan.find(request.parts);
      if (parts !== null) {
        if (this.isCurrent(parts)) return this.whileBusy(() => this.replay(plan, parts, request));
        this.drop();
        this.outdated++;
        if (this.outdated >= maxOutdated) this.refusal = 'weights or variables are replaced from step to step';
        return pass(unmarked);
      }
    }
    try {
      if (this.refusal !== null || !cameTwice) return pass(unmarked);
      return this.record(request, pass);
    } catch (thrown) {
      if (this.plan === null || !isOutOfMemory(thrown)) throw thrown;
      // A pass in full has its own buffers beside those of the plan.
      this.refusal = 'there is no memory for it';
      this.drop();
      return pass(unmarked);
    }
  }

  release(owner: object): void {
    if (this.owner?.deref() === owner) this.begin(null);
  }

  /** Returns the plan's buffers to the pool if nothing uses them: memory is short. Returns true if it has done so. */
  giveBack(): boolean {
    if (this.plan === null || this.isBusy || this.resultsInUse > 0) return false;
    this.drop();
    this.givenBack++;
    if (this.givenBack >= maxReleased) this.refusal = 'there is no memory for it';
    return true;
  }

  private begin(owner: object | null): void {
    this.drop();
    this.owner = owner && new WeakRef(owner);
    this.lastShapes = null;
    this.outdated = 0;
    this.givenBack = 0;
    this.refusal = null;
  }

  private drop(): void {
    this.plan?.release();
    this.plan = null;
  }

  /** True if all weights and variables are still at the same locations. */
  private isCurrent(parts: readonly PlannedPart[]): boolean {
    return parts.every(
      ({ lasting, variables }) =>
        variables.every(([variable, id]) => variable.dataId === id) &&
        lasting.every(([{ resource }, buffer]) => resource === buffer),
    );
  }

  private record(request: PassRequest, pass: (marks: PassMarks) => PassResult): PassResult {
    const { backend, observation } = this;
    const first = this.nextNumber();
    const recording = new Recording(
      (id) => gpuDataNumber(id) >= first,
      (dataId) => gpuSliceOf(backend, { dataId }, false),
    );
    for (const [name, input] of Object.entries(request.inputs)) {
      const { dataId } = input;
      // On the device, so that nothing is computed of them on the host.
      backend.uploadToGPU(dataId);
      recording.values.set(dataId, { from: 'input', name, bytes: gpuSliceOf(backend, input, false).size });
    }
    const restore = keepGpuUniforms(backend, (uniforms) => {
      observation.uniforms = uniforms;
      recording.uniforms.add(uniforms);
    });
    observation.recording = recording;
    try {
      const result = pass({
        enter: (place) => recording.enter(place),
        handOver: (layer, { dataId }) => recording.handedOver.set(dataId, layer),
        handBack: ({ dataId }) => recording.handedBack.add(dataId),
        give: ({ dataId }) => recording.given.add(dataId),
      });
      observation.recording = null;
      this.keep(request, recording, result);
      return result;
    } finally {
      observation.recording = null;
      observation.uniforms = null;
      restore();
      for (const uniforms of recording.uniforms) releaseAfterSubmit(backend, uniforms);
    }
  }

  private keep({ shapes, parts, ...request }: PassRequest, recording: Recording, result: PassResult): void {
    const variables = [...request.variables];
    if (this.plan?.shapes !== shapes || this.plan.dispatches > this.maxDispatches) this.drop();
    this.plan ??= new PassPlan(this.backend, shapes, variables);
    this.refusal = recording.refusal ?? this.added(this.plan, [recording, parts, result, variables]);
    this.counts.recorded++;
  }

  /** The plan stays, however short memory is. */
  private whileBusy<Result>(run: () => Result): Result {
    this.isBusy = true;
    try {
      return run();
    } finally {
      this.isBusy = false;
    }
  }

  /** Returns the reason why the parts of a recording cannot be kept; null if they are. */
  private added(plan: PassPlan, given: Parameters<PassPlan['add']>): string | null {
    try {
      return this.whileBusy(() => plan.add(...given));
    } catch (thrown) {
      if (!isOutOfMemory(thrown)) throw thrown;
      this.drop();
      return 'there is no memory for it';
    }
  }

  private replay(
    plan: PassPlan,
    parts: readonly PlannedPart[],
    { inputs, isKept, mayLend = false }: PassRequest,
  ): PassResult {
    const { backend } = this;
    this.counts.replayed++;
    const copied = this.writeInputs(plan, inputs);
    let encoder = backend.device.createCommandEncoder();
    for (const [from, to] of copied) encoder.copyBufferToBuffer(from.buffer, from.offset, to, 0, to.size);
    let pass = encoder.beginComputePass();
    let count = 0;
    for (const { dispatches } of parts)
      for (const { pipeline, bindGroup, workgroups } of dispatches) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
        if (++count % dispatchesAtOnce > 0) continue;
        pass.end();
        this.submit(encoder);
        encoder = backend.device.createCommandEncoder();
        pass = encoder.beginComputePass();
      }
    pass.end();
    const result = isKept || !mayLend ? this.resultOf(parts, isKept ? encoder : null) : this.lentResult(parts);
    this.submit(encoder);
    if (gpuCounters.isCounting) countAll(parts.flatMap(({ dispatches }) => dispatches));
    return result;
  }

  /** Writes what is on the host; returns what is to be copied. */
  private writeInputs(plan: PassPlan, inputs: PassRequest['inputs']): (readonly [GpuSlice, GPUBuffer])[] {
    const copied: (readonly [GpuSlice, GPUBuffer])[] = [];
    const written: (readonly [Float32Array | Int32Array, GPUBuffer])[] = [];
    for (const [name, to] of plan.inputs) {
      const input = inputs[name];
      if (input === undefined) throw new Error(`a recorded pass lacks its input ${name}`);
      const { values } = this.backend.tensorMap.get(input.dataId);
      if (values instanceof Float32Array || values instanceof Int32Array) written.push([values, to]);
      else copied.push([gpuSliceOf(this.backend, input, false), to]);
    }
    // Copies must happen after earlier commands, and writes take effect at once, so pending commands are submitted
    // first.
    submitGpuCommands(this.backend);
    for (const [{ buffer, byteOffset, byteLength }, to] of written)
      this.backend.queue.writeBuffer(to, 0, buffer, byteOffset, byteLength);
    return copied;
  }

  private resultOf(parts: readonly PlannedPart[], encoder: GPUCommandEncoder | null): PassResult {
    const gradients = new Map<string, tf.Tensor>();
    let value: tf.Tensor | null = null;
    const copies = new Map<GPUBuffer, GpuArena>();
    for (const { outputs } of parts)
      for (const { gradient, slice, shape } of outputs) {
        const own = encoder === null ? this.staying(slice) : this.copy(encoder, copies, slice);
        const tensor = tensorInSlice(this.backend, own, shape);
        if (gradient === null) value = tensor;
        else gradients.set(gradient, tensor);
      }
    if (value === null) throw new Error('a recorded pass has no loss');
    return { value, gradients };
  }

  /** Its buffer stays when its tensor is disposed of. */
  private staying({ buffer, offset, size }: GpuSlice): SharedSlice {
    this.resultsInUse++;
    return { buffer, offset, size, release: () => this.resultsInUse-- };
  }

  /** The gradients in tensors that are the same in every step. */
  private lentResult(parts: readonly PlannedPart[]): PassResult {
    const gradients = new Map<string, tf.Tensor>();
    let value: tf.Tensor | null = null;
    for (const part of parts) {
      for (const { gradient, slice, shape } of part.outputs)
        if (gradient === null) value = tensorInSlice(this.backend, this.staying(slice), shape);
      part.lent ??= this.lentBy(part);
      for (const [name, tensor] of part.lent) gradients.set(name, tensor);
    }
    if (value === null) throw new Error('a recorded pass has no loss');
    this.resultsInUse++;
    return { value, gradients, giveBack: () => this.resultsInUse-- };
  }

  private lentBy({ outputs }: PlannedPart): Map<string, tf.Tensor> {
    const lent = new Map<string, tf.Tensor>();
    for (const { gradient, slice, shape } of outputs)
      if (gradient !== null) lent.set(gradient, tf.keep(tensorInSlice(this.backend, lentSlice(slice), shape)));
    return lent;
  }

  /** The same slice of a copy of its buffer, one for all that share it. */
  private copy(encoder: GPUCommandEncoder, copies: Map<GPUBuffer, GpuArena>, slice: GpuSlice): SharedSlice {
    const { buffer, offset, size } = slice;
    const known = copies.get(buffer);
    const arena = known ?? new GpuArena(this.backend, buffer.size);
    if (known === undefined) encoder.copyBufferToBuffer(buffer, 0, arena.buffer, 0, buffer.size);
    copies.set(buffer, arena);
    return arena.slice(offset, size);
  }

  private submit(encoder: GPUCommandEncoder): void {
    gpuCounters.submit(() => this.backend.queue.submit([encoder.finish()]));
  }

  private nextNumber(): number {
    const { dataId } = this.backend.makeTensorInfo([0], 'float32', new Float32Array(0));
    this.backend.disposeData(dataId);
    return gpuDataNumber(dataId);
  }
}

function isOutOfMemory(thrown: unknown): boolean {
  return thrown instanceof StudioError && thrown.code === 'out_of_memory';
}

/** Location of a tensor that ends with the plan. */
function lentSlice({ buffer, offset, size }: GpuSlice): SharedSlice {
  return { buffer, offset, size, release: () => undefined };
}

function countAll(dispatches: readonly PlannedDispatch[]): void {
  for (const { name, bytes } of dispatches) gpuCounters.dispatch(name, () => bytes);
}
