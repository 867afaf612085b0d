import { z } from 'zod';
import { followJob, jobResult } from '../../../src-main/cli/follow.ts';
import { openStudio } from '../../../src-main/cli/studio.ts';
import { processTerminal } from '../../../src-main/cli/terminal.ts';
import { classificationRequestSchema } from '../../../src-shared/domain/evaluation/classification.ts';
import { embeddingRequestSchema } from '../../../src-shared/domain/generation/text-embeddings.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';

/**
 * Does a job that only the window starts, in a process of its own. Arguments: its kind, its request as JSON; prints what does not
 * depend on the clock. The home is COTO_STUDIO_HOME.
 */
const [, , kind, request] = process.argv;
const home = z.string().parse(process.env['COTO_STUDIO_HOME']);
const input: unknown = JSON.parse(request ?? 'null');
const { client, close } = await openStudio(home);
try {
  if (kind === 'time-steps') {
    const job = await client.request('runs.timeSteps', { config: runConfigSchema.parse(input) });
    const { steps } = await jobResult(client, await followJob(client, job, processTerminal), kind);
    console.log(steps);
  }
  if (kind === 'embed-texts') {
    const job = await client.request('embeddings.start', embeddingRequestSchema.parse(input));
    const { vectors } = await jobResult(client, await followJob(client, job, processTerminal), kind);
    console.log(vectors);
  }
  if (kind === 'classify') {
    const job = await client.request('classification.start', classificationRequestSchema.parse(input));
    const { columns } = await jobResult(client, await followJob(client, job, processTerminal), kind);
    console.log(JSON.stringify(columns));
  }
} finally {
  await close();
}
