/** What the WebGPU backend has asked of the device while it was counted. */
export interface GpuCounts {
  /** Dispatches of programs, our own and tfjs's. */
  readonly dispatches: number;
  /** Those by the program that ran, e.g. `rms_norm`, or the class of tfjs's. */
  readonly byProgram: Readonly<Record<string, number>>;
  /** Bytes of the tensors that the programs read and wrote, each once a dispatch. */
  readonly boundBytes: number;
  /** Command buffers handed to the queue. */
  readonly submits: number;
  /** Tensors whose values were fetched from the device. */
  readonly readBacks: number;
  readonly readBytes: number;
}

/** Counts work instead of time: what a step asks of a GPU can be compared where no GPU is. Off but in a bench. */
export class GpuCounters {
  private readonly programs = new Map<string, number>();
  private isOn = false;
  private bound = 0;
  private submitted = 0;
  private fetched = 0;
  private read = 0;

  /** `bytes` gives those that are bound, and is called only where they are counted. */
  dispatch(program: string, bytes: () => number): void {
    if (!this.isOn) return;
    this.programs.set(program, (this.programs.get(program) ?? 0) + 1);
    this.bound += bytes();
  }

  submit(): void {
    if (this.isOn) this.submitted++;
  }

  /** As `dispatch`. */
  readBack(bytes: () => number): void {
    if (!this.isOn) return;
    this.fetched++;
    this.read += bytes();
  }

  /** Counts from zero on. */
  start(): void {
    this.programs.clear();
    this.bound = this.submitted = this.fetched = this.read = 0;
    this.isOn = true;
  }

  /** Counts no more. */
  stop(): GpuCounts {
    this.isOn = false;
    const byProgram = Object.fromEntries([...this.programs].sort(([, one], [, other]) => other - one));
    return {
      dispatches: Object.values(byProgram).reduce((sum, count) => sum + count, 0),
      byProgram,
      boundBytes: this.bound,
      submits: this.submitted,
      readBacks: this.fetched,
      readBytes: this.read,
    };
  }
}

/** Of this process's WebGPU backend. */
export const gpuCounters = new GpuCounters();
