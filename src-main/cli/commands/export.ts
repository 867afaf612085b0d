import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { catalog } from '../../backend/index.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { followJob, jobResult } from '../follow.ts';
import { addMethodOptions, givenParameters } from '../method-options.ts';
import { findAdapter } from '../references.ts';

const targets = catalog.exportTargets;

export function addExportCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'export',
    summary: 'export an adapter in a format that other programs load',
    options(command) {
      command
        .option('--adapter <adapter>', 'id, name, run, file or folder')
        .option('--run <run>', 'id or name: its adapter')
        .requiredOption('--to <form>', 'the form, from the list below')
        .requiredOption('--out <path>', 'the new file or folder');
      addMethodOptions(command, targets, { heading: 'Forms', noun: 'form', option: '--to' });
    },
    input: z
      .looseObject({ adapter: z.string().optional(), run: z.string().optional(), to: z.string(), out: z.string() })
      .refine(({ adapter, run }) => (adapter === undefined) !== (run === undefined), 'Give either --adapter or --run.'),
    async run({ adapter, run, to, out, ...given }, { terminal, withStudio }) {
      const parameters = givenParameters(targets, to, given, 'export target');
      return withStudio(async (client) => {
        const { id } = await findAdapter(client, adapter ?? run ?? '');
        const path = resolve(out);
        const job = await client.request('export.start', { adapterId: id, target: to, path, parameters });
        await followJob(client, job, terminal);
        const { note } = await jobResult(client, job, 'export');
        return { json: { path, note }, text: note === null ? `${path}\n` : `${path}\n${note}.\n` };
      });
    },
  });
}
