import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { exportTargets } from '../../backend/export/index.ts';
import { addCommand, type Surroundings } from '../command.ts';
import { followJob } from '../follow.ts';
import { findAdapter } from '../references.ts';

const targets = exportTargets.map(({ declaration }) => declaration);

export function addExportCommand(parent: Command, surroundings: Surroundings): void {
  addCommand(parent, surroundings, {
    usage: 'export',
    summary: 'write an adapter in a form that other programs load',
    options: (command) =>
      void command
        .requiredOption('--adapter <adapter>', 'id, name, run or folder')
        .requiredOption('--to <form>', targets.map(({ id, summary }) => `${id}: ${summary}`).join('\n'))
        .requiredOption('--out <path>', 'the new file or folder'),
    input: z.object({ adapter: z.string(), to: z.string(), out: z.string() }),
    async run({ adapter: reference, to, out }, { terminal, withStudio }) {
      return withStudio(async (client) => {
        const { id } = await findAdapter(client, reference);
        const path = resolve(out);
        await followJob(client, await client.request('export.start', { adapterId: id, target: to, path }), terminal);
        return { json: { path }, text: `${path}\n` };
      });
    },
  });
}
