import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { plural } from '../../../src-shared/format/numbers.ts';
import { registerStudy, studyFile, writeFileAtomic } from '../../backend/index.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { followJob, jobResult } from '../follow.ts';
import { formatSummary } from '../format.ts';
import { findStudy } from '../references.ts';
import { resolveConfig } from '../study-file.ts';
import { readYamlFile } from '../yaml-file.ts';

/** Adds the commands that register a study, write a finished one for others, and check what others wrote. */
export function addPublishCommands(group: Command, context: CommandContext): void {
  addCommand(group, context, {
    usage: 'register <file>',
    summary: 'write down the settings of a study with their hash and the time, before anything is trained',
    options: (command) => void command.option('--out <registration.json>', 'the new file'),
    input: z.object({ file: z.string(), out: z.string().optional() }),
    async run({ file, out }, { terminal, withStudio }) {
      if (out === undefined)
        throw new StudioError('invalid_input', 'The registration needs a file.', 'Name a new one: --out FILE.');
      if (existsSync(out))
        throw new StudioError('refused', `${out} already exists.`, 'Choose another file: nothing is overwritten.');
      const { name: _, ...value } = studyFile(file, await readYamlFile(file));
      return withStudio(async (client) => {
        // A study that cannot be run is not registered.
        const config = await resolveConfig(client, file, value, terminal);
        await client.request('studies.forecast', { config });
        const registered = registerStudy(value, new Date());
        await writeFileAtomic(out, `${JSON.stringify(registered, null, 2)}\n`);
        return {
          json: registered,
          text: `${formatSummary([
            ['registered', registered.registeredAt],
            ['SHA-256', registered.sha256],
          ])}Publish the hash, then run: coto study ${file} --registered ${out}\n`,
        };
      });
    },
  });
  addCommand(group, context, {
    usage: 'package <study>',
    summary:
      'write a finished study as a folder to publish: study, result, adapters, predictions, licenses, versions, checksums and RO-Crate metadata',
    options: (command) => void command.option('--out <folder>', 'the new folder'),
    input: z.object({ study: z.string(), out: z.string().optional() }),
    async run({ study: reference, out }, { terminal, withStudio }) {
      if (out === undefined)
        throw new StudioError('invalid_input', 'The package needs a folder.', 'Name a new one: --out FOLDER.');
      return withStudio(async (client) => {
        const { id } = await findStudy(client, reference);
        const job = await client.request('studies.package', { id, path: resolve(out) });
        await followJob(client, job, terminal);
        const written = await jobResult(client, job, 'package-study');
        const { folder, files, bytes, notes } = written;
        return {
          json: written,
          text: `${folder}: ${plural(files, 'file')}, ${formatBytes(bytes)}\n${notes.map((note) => `– ${note}\n`).join('')}Check it with: coto study verify ${out}\n`,
        };
      });
    },
  });

  addCommand(group, context, {
    usage: 'verify <folder>',
    summary: 'check a packaged study: checksums, adapters, scores by their examples, and tables by the result',
    input: z.object({ folder: z.string() }),
    async run({ folder }, { withStudio }) {
      const checked = await withStudio((client) => client.request('studies.verify', { path: resolve(folder) }));
      const { files, scores, problems } = checked;
      const isSound = problems.length === 0;
      return {
        json: checked,
        text: isSound
          ? `${plural(files, 'file')} and ${plural(scores, 'score')} are as they were packaged.\n`
          : `${plural(problems.length, 'problem')}:\n${problems.map((problem) => `– ${problem}\n`).join('')}`,
        code: (isSound ? exitCodes.done : exitCodes.failed).code,
      };
    },
  });
}
