/** Runs programs on a device and times them by their end, many to a measurement. */
export interface Program {
  readonly code: string;
  readonly buffers: readonly GPUBuffer[];
  readonly groups: readonly [number, number];
}

/** Milliseconds of work from which a measurement is trusted, and of which none shall be longer: drivers end long work. */
const [enough, most] = [60, 1500];

export class DeviceTimer {
  readonly device: GPUDevice;
  private readonly isAlive: () => void;

  constructor(device: GPUDevice, isAlive: () => void) {
    this.device = device;
    this.isAlive = isAlive;
  }

  buffer(bytes: number, usage: GPUBufferUsageFlags = GPUBufferUsage.STORAGE): GPUBuffer {
    return this.device.createBuffer({ size: bytes, usage: usage | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC });
  }

  /** Values that a program reads as `vec4<u32>`. */
  uniform(...values: number[]): GPUBuffer {
    const buffer = this.buffer(16, GPUBufferUsage.UNIFORM);
    this.device.queue.writeBuffer(buffer, 0, Uint32Array.from([...values, 0, 0, 0, 0].slice(0, 4)));
    return buffer;
  }

  /** Best milliseconds of one run of the program; throws where the device refuses it. */
  async time(program: Program): Promise<number> {
    const run = await this.prepare(program);
    this.isAlive();
    let count = 1;
    let best = await run(1);
    // Twice as many until the end of the work is well seen, then three times so many.
    for (;;) {
      const milliseconds = await run(count);
      best = Math.min(best, milliseconds / count);
      if (milliseconds >= enough || milliseconds * 2 > most) break;
      count = Math.min(count * 4, Math.max(count * 2, Math.ceil((enough * 1.2) / Math.max(best, 1e-3))));
    }
    for (let round = 0; round < 3; round++) best = Math.min(best, (await run(count)) / count);
    return best;
  }

  /** First values of a buffer. */
  async read(buffer: GPUBuffer, count: number): Promise<Float32Array> {
    const staging = this.device.createBuffer({
      size: 4 * count,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, 4 * count);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return values;
  }

  private async prepare({ code, buffers, groups }: Program): Promise<(count: number) => Promise<number>> {
    const { device } = this;
    const module = device.createShaderModule({ code });
    const pipeline = await device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    const bindGroup = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return async (count) => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      for (let round = 0; round < count; round++) pass.dispatchWorkgroups(...groups);
      pass.end();
      const commands = encoder.finish();
      const started = performance.now();
      device.queue.submit([commands]);
      await device.queue.onSubmittedWorkDone();
      return performance.now() - started;
    };
  }
}
