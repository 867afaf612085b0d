import { inTime } from '../../files/in-time.ts';

/** An engine's process gave no sign of life for so long that its driver must hang; it was ended. */
export class EngineHungError extends Error {
  constructor(seconds: number) {
    super(`The engine gave no sign of life for ${describe(seconds)}.`);
    this.name = 'EngineHungError';
  }
}

export interface Patience {
  /** Seconds in which a device has to be found, or measured. */
  readonly probeSeconds: number;
  /** Seconds of a task without an event and without an answer. */
  readonly silenceSeconds: number;
}

/**
 * A driver may take seconds to start, and a minute to compile what is measured. A task may compute for minutes without coming to
 * answer: a large model is loaded, a dataset tokenized.
 */
export const usualPatience: Patience = { probeSeconds: 120, silenceSeconds: 600 };

/** Interval between pings, as a share of the longest allowed silence. */
const pingShare = 0.25;

/**
 * Watches an engine that may be stuck in its driver for good, during a task: it is asked from time to time, and given up when neither
 * events nor answers come.
 */
export class EngineWatchdog {
  private readonly seconds: number;
  private readonly timer: NodeJS.Timeout;
  private lastSign = performance.now();

  /** `onHang` is called once, at the end of the silence. */
  constructor(seconds: number, ping: () => Promise<unknown>, onHang: (error: EngineHungError) => void) {
    this.seconds = seconds;
    this.timer = setInterval(
      () => {
        if (performance.now() - this.lastSign >= 1000 * this.seconds) {
          this.stop();
          onHang(new EngineHungError(this.seconds));
        } else
          ping().then(
            () => this.sign(),
            () => undefined,
          );
      },
      1000 * pingShare * seconds,
    );
    this.timer.unref();
  }

  /** Records a sign of life. */
  sign(): void {
    this.lastSign = performance.now();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** Returns the result of `answer`, or throws EngineHungError after a time limit. */
export function withinSeconds<Value>(seconds: number, answer: Promise<Value>): Promise<Value> {
  return inTime(1000 * seconds, answer, () => new EngineHungError(seconds));
}

function describe(seconds: number): string {
  return seconds >= 120 ? `${Math.round(seconds / 60)} minutes` : `${seconds} s`;
}
