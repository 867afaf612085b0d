import type { Command } from 'commander';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import { type StudyConfig, type StudyResult, studyConfigSchema } from '../../../src-shared/domain/study.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { followJob } from '../follow.ts';
import { formatPercent, formatTable } from '../format.ts';
import { findAdapter, findDataset } from '../references.ts';
import type { StudioClient } from '../studio.ts';
import type { Terminal } from '../terminal.ts';
import { readYamlFile } from '../yaml-file.ts';

export function addStudyCommand(parent: Command, surroundings: CommandContext): void {
  addCommand(parent, surroundings, {
    usage: 'study <file>',
    summary: 'run a study as a YAML file says (kind: lambda, pruning or merging); adapters by id, name, run or folder',
    options: (command) => void command.option('--name <name>', 'what to call it'),
    input: z.object({ file: z.string(), name: z.string().optional() }),
    async run({ file, name }, { terminal, withStudio }) {
      const value = await readYamlFile(file);
      return withStudio(async (client) => {
        const config = await resolveConfig(client, file, value, terminal);
        const { study, job } = await client.request('studies.create', {
          config,
          ...(name === undefined ? {} : { name }),
        });
        await followJob(client, job, terminal);
        const done = await client.request('studies.get', { id: study.id });
        if (done.result === null) throw new StudioError('internal', 'The study left no result.');
        return { json: done, text: `study  ${done.id}\n\n${describe(done.result)}` };
      });
    },
  });
}

/** Adapters written as one word become references; the dataset may be given by name or folder too. */
async function resolveConfig(
  client: StudioClient,
  file: string,
  value: unknown,
  terminal: Terminal,
): Promise<StudyConfig> {
  const parsed = studyConfigSchema.safeParse(await resolveReferences(client, value));
  if (!parsed.success)
    throw new StudioError(
      'invalid_input',
      `${file} is not valid: ${describeIssues(parsed.error)}.`,
      'A study has a kind (lambda, pruning or merging), a dataset, and what that kind compares.',
    );
  return { ...parsed.data, dataset: (await findDataset(client, parsed.data.dataset, terminal)).id };
}

const referenceKeys = new Set(['from', 'to', 'adapter', 'adapters']);

async function resolveReferences(client: StudioClient, value: unknown, key = ''): Promise<unknown> {
  if (typeof value === 'string' && referenceKeys.has(key)) return { adapterId: (await findAdapter(client, value)).id };
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(await resolveReferences(client, item, key));
    return items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) entries.push([name, await resolveReferences(client, item, name)]);
  return Object.fromEntries(entries);
}

function describe(result: StudyResult): string {
  switch (result.kind) {
    case 'lambda':
      return formatTable(
        ['pair', 'λ = 0', 'λ = ½', 'λ = 1', 'accuracy barrier, points', 'loss barrier'],
        result.pairs.map(({ label, points, accuracyBarrier, lossBarrier }) => [
          label,
          ...[0, (points.length - 1) / 2, points.length - 1].map((at) =>
            formatPercent(points[Math.round(at)]?.accuracy ?? null),
          ),
          (100 * accuracyBarrier).toFixed(1),
          lossBarrier.toFixed(3),
        ]),
        1,
      );
    case 'pruning':
      return formatTable(
        [
          'adapter',
          'whole',
          ...(result.adapters[0]?.patterns ?? []).map(({ label }) => label),
          ...(result.adapters[0]?.sparsities ?? []).map(({ sparsity }) => `${formatPercent(sparsity)} zeroed`),
        ],
        result.adapters.map(({ label, unpruned, patterns, sparsities }) => [
          label,
          ...[unpruned, ...patterns, ...sparsities].map(({ accuracy }) => formatPercent(accuracy)),
        ]),
        1,
      );
    case 'merging':
      return formatTable(
        ['group', 'alone', ...(result.groups[0]?.merged ?? []).map(({ method }) => method)],
        result.groups.map(({ label, alone, merged }) => [
          label,
          alone.map(({ accuracy }) => formatPercent(accuracy)).join(', '),
          ...merged.map(({ accuracy }) => formatPercent(accuracy)),
        ]),
        1,
      );
  }
}
