import { StudioError } from '../../src-shared/contract/errors.ts';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { serve } from '../../src-shared/rpc/serve.ts';
import { reportOn } from './compute/index.ts';
import type { EngineTask } from './contract.ts';
import type { EngineSignal, TaskContext } from './events.ts';
import { runTask } from './jobs/run-job.ts';
import { measuredReport } from './probe.ts';
import { engineContract } from './rpc-contract.ts';

/** Serves the engine over `channel`, in a thread or a process. One task at a time, or several generations. */
export function serveEngine(channel: Channel): void {
  /** Running tasks, and whether each runs beside others. */
  const running = new Map<EngineTask, boolean>();
  let signal: EngineSignal | null = null;
  const signalsToRuns = new Map<number, EngineSignal>();

  const server = serve(channel, engineContract, {
    'engine.run': async ({ task, run: own }) => {
      const isBeside = own !== undefined;
      if (running.size > 0 && !(isBeside && [...running.values()].every(Boolean)))
        throw new StudioError('refused', 'The engine is busy with another task.', 'Wait for it, or cancel it.');
      if (running.size === 0) {
        signal = null;
        signalsToRuns.clear();
      }
      running.set(task, isBeside);
      const context: TaskContext = {
        emit: (event) => {
          if (own === undefined || event.kind === 'run' || event.kind === 'run-ended')
            server.emit('engine.event', event);
          else server.emit('engine.event', { kind: 'run', run: own, event });
        },
        signal: async (run = own) => {
          await new Promise<void>((resolve) => setImmediate(resolve));
          return (run === undefined ? null : signalsToRuns.get(run)) ?? signal;
        },
      };
      try {
        return await runTask(task, context);
      } finally {
        running.delete(task);
      }
    },
    'engine.signal': ({ signal: given, run }) => {
      if (run === undefined) signal = given;
      else signalsToRuns.set(run, given);
      return { ok: true } as const;
    },
    'engine.ping': () => ({ ok: true }) as const,
    'engine.probe': ({ backend, measure }) => (measure ? measuredReport(backend) : reportOn(backend)),
  });
}
