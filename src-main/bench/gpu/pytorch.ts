import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { programFile } from '../program-file.ts';
import { stepTime } from '../statistics.ts';
import type { Workload } from '../workload.ts';
import { GuardedWorker, PartError } from './guarded-worker.ts';
import type { GpuReport } from './report.ts';
import { emptyStep } from './steps.ts';
import { leftOut } from './time-budget.ts';

const loadedSchema = z.object({ version: z.string(), device: z.string() });
const timesSchema = z.object({ milliseconds: z.array(z.number()) });
const lossesSchema = timesSchema.extend({ losses: z.array(z.number()) });
const memorySchema = z.object({ deviceBytes: z.number().nullable(), processBytes: z.number() });

/** Seconds in which a Python has to load PyTorch and a workload. */
const startSeconds = 60;

export interface PyTorchOptions {
  /** A Python; null: the first one of PATH. */
  readonly python: string | null;
  readonly shapes: readonly Workload[];
  readonly small: boolean;
  /** The problem file of a workload. */
  exchange(shape: Workload): string;
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
  report(text: string): void;
}

/** The same steps by PyTorch on its fastest device. Throws only where it is aborted. */
export async function timePyTorch(options: PyTorchOptions): Promise<GpuReport['pytorch']> {
  const python = options.python ?? pythonOfPath();
  const found: GpuReport['pytorch'] = { python, version: null, device: null, reason: '', steps: [] };
  if (python === null) return { ...found, reason: 'No python3 was found; --python names one that has torch.' };
  const worker = new GuardedWorker(
    {
      command: python,
      args: [programFile('pytorch')],
      environment: { PYTHONWARNINGS: 'ignore', COTO_TORCH_DEVICE: 'auto' },
    },
    options.signal,
    null,
  );
  const until = performance.now() + 1000 * options.seconds;
  const left = () => Math.max(1, (until - performance.now()) / 1000);
  const problem = { adapter: 'lora', precision: 'float32', compiled: false, threads: 0, clock: 'elapsed' };
  try {
    for (const shape of options.shapes) {
      const exchange = options.exchange(shape);
      const step = emptyStep(shape, options.small);
      found.steps.push(step);
      if (!existsSync(exchange)) {
        step.reason = 'The engine has not written its problem.';
        continue;
      }
      if (performance.now() >= until) {
        step.reason = leftOut;
        continue;
      }
      options.report(`PyTorch: steps of ${shape.label}`);
      const started = performance.now();
      try {
        const limit = Math.min(startSeconds, left());
        const { version, device } = await worker.ask({ do: 'load', exchange, ...problem }, loadedSchema, limit);
        Object.assign(found, { version, device });
        await worker.ask({ do: 'losses', count: 2 }, lossesSchema, left());
        const { losses, milliseconds } = await worker.ask({ do: 'losses', count: 1 }, lossesSchema, left());
        const count = Math.max(1, Math.min(30, Math.floor(Math.min(5, left() / 4) / ((milliseconds[0] ?? 1) / 1000))));
        const times = await worker.ask({ do: 'time', masks: new Array(count).fill(null) }, timesSchema, left());
        const { median, minimum, samples } = stepTime(times.milliseconds);
        const memory = await worker.ask({ do: 'memory' }, memorySchema, left());
        Object.assign(step, {
          outcome: 'passed',
          medianMilliseconds: median,
          minimumMilliseconds: minimum,
          steps: samples,
          loss: losses.at(-1) ?? null,
          memory: { ...memory, cardBytes: null },
        });
      } catch (thrown) {
        if (!(thrown instanceof PartError)) throw thrown;
        Object.assign(step, { outcome: thrown.outcome, reason: thrown.message });
        // Without PyTorch no other workload runs either.
        const why = thrown.outcome === 'unfinished' ? 'did not load PyTorch' : 'has no PyTorch';
        if (found.version === null) return { ...found, reason: `${python} ${why}: ${thrown.message}` };
      } finally {
        step.seconds = (performance.now() - started) / 1000;
      }
    }
    return found;
  } finally {
    await worker.close();
  }
}

function pythonOfPath(): string | null {
  const names = process.platform === 'win32' ? ['python.exe'] : ['python3', 'python'];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of folders) for (const name of names) if (existsSync(join(folder, name))) return join(folder, name);
  return null;
}
