import { formatCount } from '../../components/format/format.ts';
import { dataStrings } from '../../strings/data.ts';
import classes from './data.module.css';

export interface Repetition {
  readonly what: string;
  readonly count: number;
  readonly meaning: string;
}

/** Each kind of repetition that there is: how many, and what to do about it. */
export function DuplicateCounts({ found }: { found: readonly Repetition[] }) {
  const shown = found.filter(({ count }) => count > 0);
  if (shown.length === 0) return dataStrings.duplicates.none;
  return (
    <table className={classes['repetitions']} aria-label={dataStrings.duplicates.title}>
      <tbody>
        {shown.map(({ what, count, meaning }) => (
          <tr key={what}>
            <td>{formatCount(count)}</td>
            <th scope="row">{what}</th>
            <td>{meaning}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
