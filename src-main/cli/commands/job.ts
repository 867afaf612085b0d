import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { computeIdSchema } from '../../../src-shared/domain/app/catalog.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { ProgressLine } from '../progress-line.ts';
import { openStudio } from '../studio.ts';

const said = {
  trained: 'Trained.',
  'there already': 'Its result already exists.',
  'another was first': 'Another attempt has written its result meanwhile, and that one counts.',
} as const;

/** The worker: needs nothing of the person's home, and leaves nothing but the result. */
export function addJobCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'job <folder> <index>',
    summary: 'train one run of a bundle (coto study bundle) and write its result there; for nodes of a cluster',
    options: (command) =>
      void command.addOption(
        new Option('--compute-backend <id>', "in place of the bundle's").choices(computeIdSchema.options),
      ),
    input: z.object({
      folder: z.string(),
      index: z
        .string()
        .regex(/^\d{1,9}$/, { error: ({ input }) => `"${input}" is not the number of a job` })
        .transform(Number),
      computeBackend: computeIdSchema.nullable().default(null),
    }),
    async run({ folder, index, computeBackend }, { terminal }) {
      const home = await mkdtemp(join(tmpdir(), 'coto-job-'));
      try {
        const studio = await openStudio(home, { isScratch: true });
        const line = new ProgressLine(terminal);
        const stop = studio.client.on('job.changed', ({ status, progress }) => {
          if (status === 'running' && progress !== null) line.show(progress, '', '');
        });
        try {
          const worked = await studio.client.request('bundles.work', { path: resolve(folder), index, computeBackend });
          line.clear();
          return { json: worked, text: `${worked.title}: ${said[worked.outcome]} ${worked.folder}\n` };
        } finally {
          line.clear();
          stop();
          await studio.close();
        }
      } finally {
        await rm(home, { recursive: true, force: true });
      }
    },
  });
}
