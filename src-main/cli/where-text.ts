import { logNames, type Submission } from '../../src-shared/domain/targets/target.ts';
import { formatTable } from './format.ts';

/** Formats the states of submitted runs, with one table for each submission, the last one at the end. */
export function whereText(submissions: readonly Submission[]): string {
  return submissions
    .map((submission) => {
      const { target, generation, status, folder, runs } = submission;
      const rows = runs.map(({ index, title, state, node, step, steps, reason }) => [
        String(index),
        title,
        state,
        node ?? '',
        step === null ? '' : `${step} of ${steps}`,
        logNames(submission, index).join(', '),
        reason ?? '',
      ]);
      const heading = `${target}, generation ${generation} (${status}); logs in ${folder}/logs`;
      return `${heading}\n\n${formatTable(['run', 'title', 'state', 'node', 'step', 'log', ''], rows)}`;
    })
    .join('\n');
}
