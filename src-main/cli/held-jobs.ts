import { StudioError } from '../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import type { HeldQueue } from '../../src-shared/domain/jobs/held-queue.ts';
import { plural } from '../../src-shared/format/numbers.ts';
import type { Terminal } from './terminal.ts';

/**
 * Asks whether queued jobs of a home that was last used elsewhere are continued, where a person can answer. Elsewhere, reports
 * the commands that answer the question.
 */
export async function askAboutHeldJobs(client: StudioClient, terminal: Terminal): Promise<void> {
  const held = await client.request('jobs.held', {});
  if (!held.isAsked) return;
  terminal.report(`${whereFrom(held)} ${heldText(held)}`);
  const answer = await terminal.ask('Continue the queued jobs here (y), or leave them held (n)? ');
  if (answer === null) {
    terminal.report('Continue them: coto home continue. Leave them held: coto home hold.\n');
    return;
  }
  if (!/^[yn]/i.test(answer.trim()))
    throw new StudioError('cancelled', 'The question was not answered.', 'Answer with y or n.');
  await client.request('jobs.answerHeld', { continue: /^y/i.test(answer.trim()) });
}

/** Describes the number of held jobs, and the paths outside of the home that they write. */
export function heldText({ jobs }: HeldQueue): string {
  const paths = jobs.flatMap(({ writesTo }) => writesTo ?? []);
  const outside = paths.length === 0 ? '' : ` Paths written outside of the home: ${paths.join(', ')}.`;
  return `${plural(jobs.length, 'queued job')} held.${outside}\n`;
}

function whereFrom({ lastPath }: HeldQueue): string {
  return lastPath === null
    ? 'This home was last used elsewhere, by another person or on another machine.'
    : `This home was last used in another folder, ${lastPath}.`;
}
