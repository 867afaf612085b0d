import type { Command } from 'commander';
import { z } from 'zod';
import type { JobResult } from '../../../src-shared/domain/jobs/job.ts';
import { midSentence } from '../../../src-shared/format/mid-sentence.ts';
import { forgettingFact } from '../../../src-shared/results/forgetting.ts';
import { catalog } from '../../backend/index.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { followJob, jobResult } from '../follow.ts';
import { formatSummary } from '../format.ts';
import { addMethodOptions, givenParameters } from '../method-options.ts';
import { findAdapter, findDataset } from '../references.ts';
import { describeAdapter } from './adapters.ts';

const declarations = catalog.pruneMethods;

/** Describes the adapter's forgetting before and after pruning. */
function costText(forgetting: JobResult<'prune'>['forgetting']): string {
  if (forgetting === null) return '';
  const { label, value } = forgettingFact(forgetting.pruned);
  return formatSummary([
    [midSentence(label), value],
    ['before pruning', forgettingFact(forgetting.unpruned).value],
  ]);
}

export function addPruneCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'prune',
    summary: 'prune an adapter and save the result as a new one',
    options(command) {
      command
        .requiredOption('--adapter <adapter>', 'id, name, run or folder')
        .requiredOption('--method <method>', 'the method, from the list below')
        .option('--name <name>', 'what to call the pruned adapter')
        .option(
          '--dataset <dataset>',
          'examples for methods that run the adapter: id, name or path (default: what it was trained on)',
        )
        .option('--out <folder>', 'also write it there as a PEFT folder');
      addMethodOptions(command, declarations, { heading: 'Methods', noun: 'method', option: '--method' });
    },
    input: z.looseObject({
      adapter: z.string(),
      method: z.string(),
      name: z.string().optional(),
      dataset: z.string().optional(),
      out: z.string().optional(),
    }),
    async run(input, { terminal, withStudio }) {
      const parameters = givenParameters(declarations, input.method, input);
      return withStudio(async (client) => {
        const { id } = await findAdapter(client, input.adapter);
        const job = await client.request('prune.start', {
          adapterId: id,
          method: input.method,
          parameters,
          datasetId: input.dataset === undefined ? null : (await findDataset(client, input.dataset, terminal)).id,
          ...(input.name === undefined ? {} : { name: input.name }),
        });
        await followJob(client, job, terminal);
        const { adapterId, forgetting } = await jobResult(client, job, 'prune');
        const made = await client.request('adapters.get', { id: adapterId });
        const written =
          input.out === undefined
            ? null
            : await client.request('adapters.export', { id: made.id, directory: input.out });
        return {
          json: { adapter: made, directory: written?.directory ?? null, forgetting },
          text:
            describeAdapter(made) + costText(forgetting) + (written === null ? '' : `written  ${written.directory}\n`),
        };
      });
    },
  });
}
