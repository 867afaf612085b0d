/** Counts of the WebGPU backend's requests to the device while counting was on. */
export interface GpuCounts {
  /** Dispatches of programs, our own and tfjs's. */
  readonly dispatches: number;
  /** Dispatches by program, e.g. `rms_norm`, or the tfjs class. */
  readonly byProgram: Readonly<Record<string, number>>;
  /** Bytes of the tensors that the programs read and wrote, each once a dispatch. */
  readonly boundBytes: number;
  /** Command buffers handed to the queue. */
  readonly submits: number;
  /** Tensors whose values were fetched from the device. */
  readonly readBacks: number;
  readonly readBytes: number;
  /**
   * Milliseconds of processor time of the engine's thread outside waiting for the device: JavaScript, and the recording of
   * commands. The device's own work is not in it, on software devices neither.
   */
  readonly hostMilliseconds: number;
  /** Milliseconds of it spent submitting command buffers: validation, and the driver. */
  readonly submitMilliseconds: number;
}

/** Counts work instead of time: what a step asks of a GPU can be compared where no GPU is. Off but in a bench. */
export class GpuCounters {
  private readonly programs = new Map<string, number>();
  private isOn = false;
  private bound = 0;
  private submitted = 0;
  private fetched = 0;
  private read = 0;
  private readonly host = new ThreadClock();
  private readonly submitting = new ThreadClock();

  /**
   * Called after each wait, outside the measured time. Waiting for a slow device leaves much garbage, which would else be
   * collected in the time of what follows.
   */
  afterWait: (() => void) | null = null;

  get isCounting(): boolean {
    return this.isOn;
  }

  /** `bytes` gives those that are bound, and is called only where they are counted. */
  dispatch(program: string, bytes: () => number): void {
    if (!this.isOn) return;
    this.programs.set(program, (this.programs.get(program) ?? 0) + 1);
    this.bound += bytes();
  }

  /** Counts and times what hands a command buffer to the queue. */
  submit(run: () => void): void {
    if (!this.isOn) {
      run();
      return;
    }
    this.submitted++;
    this.submitting.go();
    run();
    this.submitting.stop();
  }

  /** Until `answer` is there the thread only waits for the device. */
  async waitFor<Value>(answer: Promise<Value>): Promise<Value> {
    if (!this.isOn) return answer;
    this.host.stop();
    try {
      return await answer;
    } finally {
      this.afterWait?.();
      if (this.isOn) this.host.go();
    }
  }

  /** Counts a read-back; works like `dispatch`. */
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
    this.submitting.reset();
    this.host.reset();
    this.host.go();
  }

  /** Counts no more. */
  stop(): GpuCounts {
    this.isOn = false;
    this.host.stop();
    const byProgram = Object.fromEntries([...this.programs].sort(([, one], [, other]) => other - one));
    return {
      dispatches: Object.values(byProgram).reduce((sum, count) => sum + count, 0),
      byProgram,
      boundBytes: this.bound,
      submits: this.submitted,
      readBacks: this.fetched,
      readBytes: this.read,
      hostMilliseconds: this.host.milliseconds,
      submitMilliseconds: this.submitting.milliseconds,
    };
  }
}

/** Processor time of the thread that runs it, while it goes. */
class ThreadClock {
  milliseconds = 0;
  private since: number | null = null;

  go(): void {
    this.since = threadMilliseconds();
  }

  stop(): void {
    if (this.since !== null) this.milliseconds += threadMilliseconds() - this.since;
    this.since = null;
  }

  reset(): void {
    this.milliseconds = 0;
    this.since = null;
  }
}

function threadMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Counters of this process's WebGPU backend. */
export const gpuCounters = new GpuCounters();
