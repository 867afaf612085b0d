import { requests } from '../../../../src-shared/contract/requests.ts';
import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import { pageFields, pageOf, queueingTool, readingTool, type Tool, timeOf, writingTool } from '../tool.ts';

/** The queue, and what is put into it besides runs. */
export const jobTools: readonly Tool[] = [
  readingTool({
    name: 'list_jobs',
    title: 'List jobs',
    description: 'What runs and waits, with its progress; active false: also what has ended.',
    input: requests['jobs.list'].input.extend(pageFields),
    async run(client, { active, ...part }) {
      return pageOf((await client.request('jobs.list', { active })).map(describeJob), part);
    },
  }),
  readingTool({
    name: 'get_job',
    title: 'Show a job',
    description: 'One job by its id: status, progress, error and, once it has ended, its result.',
    input: requests['jobs.get'].input,
    async run(client, { id }) {
      const job = await client.request('jobs.get', { id });
      return { ...describeJob(job), result: (await client.request('jobs.result', { id }))?.result ?? null };
    },
  }),
  writingTool({
    name: 'cancel_job',
    title: 'Cancel a job',
    description: 'Ends a job that runs or waits.',
    input: requests['jobs.cancel'].input,
    run: (client, input) => client.request('jobs.cancel', input),
  }),
  queueingTool({
    name: 'evaluate',
    title: 'Evaluate',
    description:
      'Scores a base, alone or with adapters, on the test split of a dataset. Answers a job; get_job has the result.',
    input: requests['evaluate.start'].input.omit({ predictions: true }),
    run: async (client, input) => describeJob(await client.request('evaluate.start', input)),
  }),
  queueingTool({
    name: 'generate_text',
    title: 'Generate text',
    description:
      'Continues a prompt or a conversation, one text for each of `columns` (null: the base alone). Answers a job; get_job has the texts.',
    input: requests['generation.start'].input,
    run: async (client, input) => describeJob(await client.request('generation.start', input)),
  }),
];

function describeJob({ id, kind, title, status, subjectId, progress, error, createdAt, finishedAt }: JobRecord) {
  const times = { createdAt: timeOf(createdAt), finishedAt: timeOf(finishedAt) };
  const problem = error === null ? null : { code: error.code, message: error.message, hint: error.hint };
  return { id, kind, title, status, subjectId, progress, error: problem, ...times };
}
