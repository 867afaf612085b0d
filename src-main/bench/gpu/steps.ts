import { existsSync } from 'node:fs';
import { UsageMeter } from '../../engine/api/compute.ts';
import { stepTime } from '../statistics.ts';
import type { Workload } from '../workload.ts';
import { type GuardedWorker, PartError } from './guarded-worker.ts';
import { gpuAnswers } from './protocol.ts';
import type { GpuStep } from './report.ts';

/** A median needs no more. */
const maxSteps = 30;
/** Share of a workload's time for its steps; the rest is for its weights. */
const stepShare = 0.4;

/** Seconds for a request, whatever is left. */
const least = 10;

export interface StepRequest {
  readonly worker: Pick<GuardedWorker, 'ask'>;
  readonly shape: Workload;
  readonly small: boolean;
  readonly resources: string;
  readonly folder: string;
  /** For the problem, where it is not there yet. */
  readonly exchange: string;
  readonly seconds: number;
  readonly device: string | null;
}

/** Steps of one workload on a backend. Throws only where it is aborted. */
export async function stepOf(request: StepRequest): Promise<GpuStep> {
  const { worker, shape, small, resources, folder, seconds, device } = request;
  // Another backend has written it, whole: the same for all.
  const exchange = existsSync(request.exchange) ? null : request.exchange;
  const started = performance.now();
  const left = () => Math.max(least, seconds - (performance.now() - started) / 1000);
  try {
    await worker.ask({ do: 'load', shape: shape.id, small, resources, folder, exchange }, gpuAnswers.load, left());
    const given = Math.min(10, left() * stepShare);
    const took = await worker.ask({ do: 'steps', seconds: given, most: maxSteps }, gpuAnswers.steps, left());
    const { median, minimum, samples } = stepTime(took.milliseconds);
    const usage = new UsageMeter(device);
    await usage.refresh();
    return {
      ...emptyStep(shape, small),
      loss: took.loss,
      dispatches: took.dispatches,
      submissions: took.submissions,
      readBacks: took.readBacks,
      processorMilliseconds: took.processorMilliseconds,
      outcome: took.loss === null ? 'failed' : 'passed',
      reason: took.loss === null ? 'The loss is no number.' : '',
      seconds: (performance.now() - started) / 1000,
      medianMilliseconds: median,
      minimumMilliseconds: minimum,
      steps: samples,
      memory: { ...took.memory, cardBytes: usage.current()?.memoryUsedBytes ?? null },
    };
  } catch (thrown) {
    if (!(thrown instanceof PartError)) throw thrown;
    const { outcome, message } = thrown;
    return { ...emptyStep(shape, small), outcome, reason: message, seconds: (performance.now() - started) / 1000 };
  }
}

export function emptyStep({ id, label }: Pick<Workload, 'id' | 'label'>, small: boolean): GpuStep {
  return {
    shape: id,
    label,
    small,
    outcome: 'skipped',
    reason: '',
    seconds: 0,
    medianMilliseconds: null,
    minimumMilliseconds: null,
    steps: 0,
    loss: null,
    dispatches: null,
    submissions: null,
    readBacks: null,
    processorMilliseconds: null,
    memory: null,
  };
}
