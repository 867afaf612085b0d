import { Button } from '@mantine/core';
import type { HeldQueue } from '../../src-shared/domain/jobs/held-queue.ts';
import { useAction, useRequest } from '../api/query.ts';
import { heldStrings as strings } from '../strings/held-jobs.ts';
import classes from './frame.module.css';

const shownTitles = 3;

/** Asks, in a home that was last used elsewhere, whether its queued jobs are continued or left held. */
export function HeldJobsBanner() {
  const { data: held } = useRequest('jobs.held', {});
  const answer = useAction('jobs.answerHeld', { failureTitle: strings.notAnswered });
  if (!held?.isAsked) return null;
  return (
    <section className={classes['banner']} aria-label={strings.title}>
      <span>
        {strings.lastUsed(held.lastPath)} {titlesOf(held)} {outsideOf(held)} {strings.question}
      </span>
      <Button loading={answer.isPending} onClick={() => answer.mutate({ continue: true })}>
        {strings.continue}
      </Button>
      <Button variant="default" disabled={answer.isPending} onClick={() => answer.mutate({ continue: false })}>
        {strings.leaveHeld}
      </Button>
    </section>
  );
}

function titlesOf({ jobs }: HeldQueue): string {
  const own = jobs.filter(({ isPart }) => !isPart);
  return strings.titles(
    jobs.length,
    own.slice(0, shownTitles).map(({ title }) => title),
    jobs.length - Math.min(own.length, shownTitles),
  );
}

/** Every path is named: continuing lets the jobs write there. */
function outsideOf({ jobs }: HeldQueue): string {
  const paths = jobs.flatMap(({ writesTo }) => writesTo ?? []);
  return paths.length === 0 ? '' : strings.writesOutside(paths);
}
