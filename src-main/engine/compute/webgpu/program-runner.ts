import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type * as tf from '@tensorflow/tfjs-core';
import { gpuBufferOf, recordGpuDispatch, releaseAfterSubmit } from '../tfjs-internals.ts';
import { gpuCounters } from './counters.ts';
import { type GpuProgram, sourceOf, uniformBytes } from './program.ts';

/** What a dispatch of a program is given. */
export interface GpuArguments {
  /** In the program's order. */
  readonly reads: readonly tf.TensorInfo[];
  readonly writes: readonly tf.TensorInfo[];
  readonly uniforms: readonly number[];
  readonly workgroups: readonly [number, number, number];
  /** The uniforms change from step to step: no buffer is kept for them. */
  readonly changing?: boolean;
}

interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly number: number;
}

/** Buffers and bind groups that are kept at most; those of a few shapes of batches are far fewer. */
const mostKept = 8192;

/**
 * Runs our programs on the tensors of tfjs's WebGPU backend, in order with its own. Pipelines, uniforms and bind groups are kept:
 * the backend's pool gives a step the buffers of the step before, so that nothing is made again.
 */
export class ProgramRunner {
  private readonly backend: WebGPUBackend;
  private readonly pipelines = new WeakMap<GpuProgram, Pipeline>();
  private readonly uniforms = new Map<string, GPUBuffer>();
  private readonly bindGroups = new Map<string, GPUBindGroup>();
  private readonly numbers = new WeakMap<GPUBuffer, number>();
  private lastNumber = 0;
  private readonly mostWorkgroups: number;
  /** Buffers that a program may bind. */
  readonly mostBuffers: number;

  constructor(backend: WebGPUBackend) {
    this.backend = backend;
    const { limits } = backend.device;
    this.mostWorkgroups = limits.maxComputeWorkgroupsPerDimension;
    this.mostBuffers = limits.maxStorageBuffersPerShaderStage;
  }

  /** A new float32 tensor, whose values a program is to write. */
  output(shape: readonly number[]): tf.TensorInfo {
    const isEmpty = shape.includes(0);
    return this.backend.makeTensorInfo([...shape], 'float32', isEmpty ? new Float32Array(0) : undefined);
  }

  /** Frees what `output` gave for use between programs. */
  release(...tensors: tf.TensorInfo[]): void {
    for (const { dataId } of tensors) this.backend.disposeData(dataId);
  }

  /** Workgroups in x and y for so many in a row: a dimension has at most some 65 thousand. */
  flat(workgroups: number): [number, number, number] {
    const across = Math.min(workgroups, this.mostWorkgroups);
    return [across, Math.ceil(workgroups / across), 1];
  }

  run(program: GpuProgram, { reads, writes, uniforms, workgroups, changing = false }: GpuArguments): void {
    if (workgroups.includes(0)) return;
    const pipeline = this.pipelineOf(program);
    const tensors = [...reads, ...writes];
    const buffers = tensors.map((tensor, index) => gpuBufferOf(this.backend, tensor, index >= reads.length));
    gpuCounters.dispatch(program.name, () => buffers.reduce((sum, { size }) => sum + size, 0));
    const bytes = uniformBytes(program, uniforms);
    buffers.push(changing ? this.passingUniform(bytes) : this.keptUniform(bytes));
    const bindGroup = changing ? this.bind(pipeline, buffers) : this.keptBindGroup(pipeline, buffers);
    recordGpuDispatch(this.backend, { pipeline: pipeline.pipeline, bindGroup, workgroups, tensors });
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
    if (this.uniforms.size >= mostKept) this.uniforms.clear();
    this.uniforms.set(key, buffer);
    return buffer;
  }

  private passingUniform(bytes: Uint8Array<ArrayBuffer>): GPUBuffer {
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM;
    const buffer = this.backend.bufferManager.acquireBuffer(bytes.length, usage);
    this.backend.queue.writeBuffer(buffer, 0, bytes);
    releaseAfterSubmit(this.backend, buffer);
    return buffer;
  }

  private keptBindGroup(pipeline: Pipeline, buffers: readonly GPUBuffer[]): GPUBindGroup {
    let key = String(pipeline.number);
    for (const buffer of buffers) key += `,${this.numberOf(buffer)}`;
    const known = this.bindGroups.get(key);
    if (known !== undefined) return known;
    const made = this.bind(pipeline, buffers);
    if (this.bindGroups.size >= mostKept) this.bindGroups.clear();
    this.bindGroups.set(key, made);
    return made;
  }

  private bind({ layout }: Pipeline, buffers: readonly GPUBuffer[]): GPUBindGroup {
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    return this.backend.device.createBindGroup({ layout, entries });
  }

  private numberOf(buffer: GPUBuffer): number {
    const known = this.numbers.get(buffer);
    if (known !== undefined) return known;
    this.numbers.set(buffer, ++this.lastNumber);
    return this.lastNumber;
  }
}
