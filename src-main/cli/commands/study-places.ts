import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { type Answer, addCommand, type CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { findStudy } from '../references.ts';
import type { Terminal } from '../terminal.ts';
import { whereText } from '../where-text.ts';

/** Functions by which `coto study` follows a job. */
interface StudyAnswers {
  follow(client: StudioClient, job: JobRecord, wishes: object, terminal: Terminal): Promise<Answer>;
}

/** Adds the commands for a study whose runs were given to a target. */
export function addPlaceCommands(group: Command, context: CommandContext, answers: StudyAnswers): void {
  addCommand(group, context, {
    usage: 'where <study>',
    summary: 'where each run of a study that was given to a target is or was: its state, node, step and log',
    input: z.object({ study: z.string() }),
    async run({ study: reference }, { withStudio }) {
      return withStudio(async (client) => {
        const { id, name } = await findStudy(client, reference);
        const submissions = await client.request('studies.submissions', { id });
        return { json: submissions, text: submissions.length === 0 ? `${name} ran here.\n` : whereText(submissions) };
      });
    },
  });

  addCommand(group, context, {
    usage: 'follow',
    summary:
      'resume every study whose runs continue on a target unmonitored, until all results are collected; the window does so when it opens',
    input: z.object({}),
    async run(_input, { terminal, withStudio }) {
      return withStudio(async (client) => {
        const studies = await client.request('studies.unfollowed', {});
        const ended: Answer[] = [];
        for (const { id, name, target } of studies) {
          terminal.note(`${name}, on ${target}\n`);
          const job = await client.request('studies.resume', { id });
          const answer = await answers.follow(client, job, {}, terminal).catch(failureOf);
          ended.push(answer);
          // Ctrl+C is meant for all of them.
          if (answer.code === exitCodes.interrupted.code) break;
        }
        const failed = ended.find(({ code }) => code !== undefined);
        return {
          json: ended.map(({ json }) => json),
          text: studies.length === 0 ? 'No study has runs elsewhere.\n' : ended.map(({ text }) => text).join('\n'),
          ...(failed?.code === undefined ? {} : { code: failed.code }),
        };
      });
    },
  });

  addCommand(group, context, {
    usage: 'cancel <study>',
    summary: 'end a study, with all that it has on a target, or only some runs there',
    options: (command) =>
      void command.option(
        '--run <index>',
        'only this run, by its number in coto study where; may be repeated',
        (text: string, before: number[]) => [...before, indexOf(text)],
        [],
      ),
    input: z.object({ study: z.string(), run: z.array(z.number()).default([]) }),
    async run({ study: reference, run: runs }, { withStudio }) {
      return withStudio(async (client) => {
        const { id, name } = await findStudy(client, reference);
        await client.request('studies.cancel', { id, ...(runs.length === 0 ? {} : { runs }) });
        const submissions = await client.request('studies.submissions', { id });
        const what = runs.length === 0 ? name : `Run ${runs.join(', ')} of ${name}`;
        return { json: { cancelled: id, runs, submissions }, text: `${what}: cancelled.\n` };
      });
    },
  });
}

function indexOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not the number of a run.`);
  return Number(text);
}

/** One that failed leaves the others to be followed. */
function failureOf(thrown: unknown): Answer {
  const error = toErrorValue(thrown);
  if (error.code === 'cancelled') throw thrown;
  return {
    json: { error },
    text: `${[error.message, error.hint ?? ''].join(' ').trim()}\n`,
    code: exitCodes.failed.code,
  };
}
