import { z } from 'zod';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { LineProcess } from './line-process.ts';
import { type RunnerAnswer, type RunnerRequest, runnerAnswers } from './protocol.ts';

export type { RunnerCommand } from './line-process.ts';

const failureSchema = z.object({ error: z.string() });

/** A runner's process, with one request at a time. */
export class RunnerProcess extends LineProcess {
  /** Throws StudioError('internal') with the runner's own message if it failed or ended. */
  async ask<Kind extends RunnerRequest['do']>(
    request: RunnerRequest & { readonly do: Kind },
  ): Promise<RunnerAnswer<Kind>> {
    const answer = await this.exchange(request);
    const failed = failureSchema.safeParse(answer);
    if (failed.success) throw new StudioError('internal', failed.data.error);
    return runnerAnswers[request.do].parse(answer) as RunnerAnswer<Kind>;
  }
}
