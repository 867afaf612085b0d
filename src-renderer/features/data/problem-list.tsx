import type { DatasetDescription } from '../../../src-shared/domain/dataset.ts';
import classes from './data.module.css';

/** What is wrong with a dataset, each with the row or file; scrolls inside. */
export function ProblemList({ problems }: { problems: DatasetDescription['problems'] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls has to be reached by keyboard
    <ul className={classes['problems']} aria-label="Problems" tabIndex={0}>
      {problems.map((problem) => (
        <li key={`${problem.where} ${problem.message}`}>
          {problem.message.includes(problem.where) ? null : (
            <>
              <code>{problem.where}</code>:{' '}
            </>
          )}
          {problem.message}
        </li>
      ))}
    </ul>
  );
}
