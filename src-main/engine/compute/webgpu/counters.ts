/** What the WebGPU backend has asked of the device since the counters were last reset. */
export interface GpuCounts {
  /** Dispatches of programs, our own and tfjs's. */
  readonly dispatches: number;
  /** Those by the program that ran, e.g. `rms_norm`, or the class of tfjs's. */
  readonly byProgram: Readonly<Record<string, number>>;
  /** Bytes of the tensors that the programs read and wrote, each once a dispatch. */
  readonly boundBytes: number;
  /** Command buffers handed to the queue. */
  readonly submits: number;
  readonly uploadedBytes: number;
  readonly readBytes: number;
}

/** Counts work instead of time: what a step asks of a GPU can be compared where no GPU is. */
export class GpuCounters {
  private readonly programs = new Map<string, number>();
  private bound = 0;
  private submitted = 0;
  private uploaded = 0;
  private read = 0;

  dispatch(program: string, bytes: number): void {
    this.programs.set(program, (this.programs.get(program) ?? 0) + 1);
    this.bound += bytes;
  }

  submit(): void {
    this.submitted++;
  }

  upload(bytes: number): void {
    this.uploaded += bytes;
  }

  readBack(bytes: number): void {
    this.read += bytes;
  }

  reset(): void {
    this.programs.clear();
    this.bound = this.submitted = this.uploaded = this.read = 0;
  }

  counts(): GpuCounts {
    const byProgram = Object.fromEntries([...this.programs].sort(([, one], [, other]) => other - one));
    return {
      dispatches: Object.values(byProgram).reduce((sum, count) => sum + count, 0),
      byProgram,
      boundBytes: this.bound,
      submits: this.submitted,
      uploadedBytes: this.uploaded,
      readBytes: this.read,
    };
  }
}

/** Of this process's WebGPU backend. */
export const gpuCounters = new GpuCounters();
