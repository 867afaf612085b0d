import type { DatasetDescription } from '../../../src-shared/domain/dataset.ts';
import { dataStrings } from '../../strings/data.ts';
import classes from './data.module.css';

const title = dataStrings.problems;

/** What is wrong with a dataset, each with the row or file; scrolls inside. */
export function ProblemList({ problems }: { problems: DatasetDescription['problems'] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section className={classes['scrolledProblems']} aria-label={dataStrings.problemRows} tabIndex={0}>
      <ul className={classes['problems']} aria-label={title}>
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
    </section>
  );
}
