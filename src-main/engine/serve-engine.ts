import { StudioError } from '../../src-shared/contract/errors.ts';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { serve } from '../../src-shared/rpc/serve.ts';
import { reportOn } from './compute/index.ts';
import type { EngineSignal, TaskContext } from './events.ts';
import { runTask } from './jobs/run-job.ts';
import { measuredReport } from './probe.ts';
import { engineContract } from './rpc-contract.ts';

/** Serves the engine over `channel`, in a thread or a process. One task at a time. */
export function serveEngine(channel: Channel): void {
  let running = false;
  let signal: EngineSignal | null = null;
  const signalsToRuns = new Map<number, EngineSignal>();

  const server = serve(channel, engineContract, {
    'engine.run': async ({ task }) => {
      if (running)
        throw new StudioError('refused', 'The engine is busy with another task.', 'Wait for it, or cancel it.');
      running = true;
      signal = null;
      signalsToRuns.clear();
      const context: TaskContext = {
        emit: (event) => server.emit('engine.event', event),
        signal: async (run) => {
          await new Promise<void>((resolve) => setImmediate(resolve));
          return (run === undefined ? null : signalsToRuns.get(run)) ?? signal;
        },
      };
      try {
        return await runTask(task, context);
      } finally {
        running = false;
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
