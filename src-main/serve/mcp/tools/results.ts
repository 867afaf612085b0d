import { requests } from '../../../../src-shared/contract/requests.ts';
import { page, pageFields, pageOf, readingTool, rowsOf, type Tool, timeOf } from '../tool.ts';

/** Studies and reports. */
export const resultTools: readonly Tool[] = [
  readingTool({
    name: 'list_studies',
    title: 'List studies',
    description: 'The studies (ablations, sweeps, Shapley values, interpolation, merging, pruning): kind and status.',
    input: page,
    async run(client, part) {
      const studies = await client.request('studies.list', {});
      return pageOf(
        studies.map(({ id, name, kind, status, target, createdAt, finishedAt }) => {
          const times = { createdAt: timeOf(createdAt), finishedAt: timeOf(finishedAt) };
          return { id, name, kind, status, target, ...times };
        }),
        part,
      );
    },
  }),
  readingTool({
    name: 'get_study',
    title: 'Show a study',
    description:
      'One study by its id: its config and, once it is finished, its tables as CSV, of each the rows from `offset` on, `limit` at most.',
    input: requests['studies.get'].input.extend(pageFields),
    async run(client, { id, ...part }) {
      const { name, kind, status, config, error, result } = await client.request('studies.get', { id });
      const files = result === null ? [] : (await client.request('studies.files', { id })).files;
      const tables = files
        .filter((file) => file.name.endsWith('.csv'))
        .map(({ name, text }) => ({ name, ...rowsOf(text, part) }));
      return { id, name, kind, status, config, error, tables };
    },
  }),
  readingTool({
    name: 'list_reports',
    title: 'List reports',
    description: 'The reports, the newest first, with the runs and studies that they are of.',
    input: page,
    async run(client, part) {
      const reports = await client.request('reports.list', {});
      return pageOf(
        reports.map(({ id, name, note, runIds, studyIds, createdAt }) => {
          return { id, name, note, runIds, studyIds, createdAt: timeOf(createdAt) };
        }),
        part,
      );
    },
  }),
  readingTool({
    name: 'get_report',
    title: 'Show a report',
    description: 'What one report found: its sentences, and each metric with and without CoTo with its interval.',
    input: requests['reports.summary'].input,
    run: (client, input) => client.request('reports.summary', input),
  }),
];
