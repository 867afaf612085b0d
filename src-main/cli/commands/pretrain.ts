import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import { type PretrainConfig, pretrainConfigSchema } from '../../../src-shared/domain/runs/pretrain.ts';
import { midSentence } from '../../../src-shared/format/mid-sentence.ts';
import { accuracy } from '../../../src-shared/metrics/accuracy.ts';
import { scoreText } from '../../../src-shared/metrics/index.ts';
import { perplexity } from '../../../src-shared/metrics/perplexity.ts';
import { parseYaml } from '../../files/yaml.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { followJob, jobResult } from '../follow.ts';
import { formatSummary } from '../format.ts';
import { readTextFile } from '../yaml-file.ts';
import { applyAssignments, collectAssignment } from './train.ts';

export function addPretrainCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'pretrain <file>',
    summary: 'train a base model from scratch on local text or images, as a YAML file says',
    options: (command) =>
      void command
        .requiredOption(
          '--out <folder>',
          'folder for the model; an interrupted training resumes from <folder>.checkpoint',
        )
        .option('--set <key=value...>', 'change a key of the file, e.g. max_steps=3600', collectAssignment)
        .option('--name <name>', 'what to call the model (default: the name of the folder)'),
    input: z.object({
      file: z.string(),
      out: z.string(),
      set: z.array(z.tuple([z.string(), z.string()])).default([]),
      name: z.string().optional(),
    }),
    async run({ file, out, set, name }, { terminal, withStudio }) {
      const config = await readConfig(file, set);
      const path = resolve(out);
      return withStudio(async (client) => {
        const started = await client.request('pretrain.start', {
          config,
          path,
          ...(name === undefined ? {} : { name }),
        });
        const job = await followJob(client, started, terminal, {
          interrupt: (running) => client.request('jobs.pause', { id: running.id }),
          interruptText: 'Saving after this step … (Ctrl+C again to end at once)',
        });
        if (job.status === 'paused')
          return {
            json: { path, result: null },
            text: 'Paused. The same command resumes it.\n',
            code: exitCodes.interrupted.code,
          };
        const result = await jobResult(client, job, 'pretrain');
        const score = result.perplexity;
        const text = formatSummary([
          ['folder', path],
          ['parameters', String(result.parameterCount)],
          ['steps', String(result.steps)],
          score === null
            ? [midSentence(accuracy.label), scoreText(accuracy.id, result.accuracy)]
            : [midSentence(perplexity.label), `${scoreText(perplexity.id, score)} a token`],
          ['trained for', `${(result.seconds / 60).toFixed(1)} min`],
        ]);
        return { json: { path, result }, text };
      });
    },
  });
}

/** Paths in the file are relative to its folder. */
async function readConfig(file: string, set: readonly (readonly [string, string])[]): Promise<PretrainConfig> {
  const parsed = pretrainConfigSchema.safeParse(parseYaml(applyAssignments(await readTextFile(file), set), file));
  if (!parsed.success) throw new StudioError('invalid_input', `${file}: ${describeIssues(parsed.error)}.`);
  const from = (path: string) => resolve(dirname(file), path);
  const config = parsed.data;
  const isText = config.tokenizer !== null;
  return {
    ...config,
    model_config: from(config.model_config),
    tokenizer: config.tokenizer === null ? null : from(config.tokenizer),
    train_data: isText ? config.train_data.map(from) : config.train_data,
    eval_data: isText ? config.eval_data.map(from) : config.eval_data,
  };
}
