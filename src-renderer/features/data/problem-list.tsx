import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import { dataStrings } from '../../strings/data.ts';
import classes from './data.module.css';

interface ProblemListProps {
  problems: DatasetDescription['problems'];
  /** Accessible name of the list. */
  title?: string;
}

/** Problems of a dataset or changes made by its steps, each with its row or file; scrolls inside. */
export function ProblemList({ problems, title = dataStrings.problems }: ProblemListProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section className={classes['scrolledProblems']} aria-label={dataStrings.byRow(title)} tabIndex={0}>
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

/** Sorts problems by file and row. */
export function byPlace(problems: ProblemListProps['problems']): ProblemListProps['problems'] {
  return problems.toSorted((one, other) => one.where.localeCompare(other.where, 'en', { numeric: true }));
}
