import { Text } from '@mantine/core';
import type { MergeMatrix } from '../../../src-shared/domain/evaluation.ts';
import { formatSigned } from '../../../src-shared/format/numbers.ts';
import { forgettingFact, forgettingHeading, riseText } from '../../../src-shared/results/forgetting.ts';
import { formatPercent } from '../../components/format/format.ts';
import classes from './merge.module.css';

/** What a cell lost or gained against the best own adapter of its task, in points of accuracy; null for want of either. */
export function pointsLost(
  accuracies: readonly (number | null)[],
  kinds: readonly string[],
  index: number,
): number | null {
  const own = accuracies.filter((value, column): value is number => kinds[column] === 'own' && value !== null);
  const value = accuracies[index];
  if (own.length === 0 || value === null || value === undefined) return null;
  return (value - Math.max(...own)) * 100;
}

/** Color of a loss (vermilion) or gain (blue); the ramp below the matrix ends at 30 points. */
export function lossColor(points: number | null): string {
  if (points === null || Math.abs(points) < 0.05) return 'transparent';
  const strength = (0.6 * Math.min(30, Math.abs(points))) / 30;
  return points < 0 ? `rgb(213 94 0 / ${strength.toFixed(3)})` : `rgb(0 114 178 / ${strength.toFixed(3)})`;
}

/** Tasks × (each own adapter, merged, base): accuracy in percent, colored by what is lost against the best own adapter. */
export function ResultMatrix({ matrix }: { matrix: MergeMatrix }) {
  const kinds = matrix.columns.map((column) => column.kind);
  const forgetting = forgettingHeading(matrix.columns.map((column) => column.forgetting));
  if (matrix.rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        None of these adapters says which dataset it was made for, so nothing could be scored.
      </Text>
    );
  return (
    <>
      <div style={{ overflowX: 'auto' }}>
        <table className={classes['matrix']} aria-label="Accuracy by task: single adapters, merge and base">
          <thead>
            <tr>
              <th scope="col">Accuracy %</th>
              {matrix.columns.map((column, index) => (
                <th key={index} scope="col" title={column.label} style={{ textAlign: 'right' }}>
                  {column.kind === 'merged' ? 'merged' : column.kind === 'base' ? 'base' : column.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {matrix.rows.map((row) => (
              <tr key={row.datasetId}>
                <th scope="row">{row.datasetName}</th>
                {row.accuracies.map((accuracy, index) => {
                  const points = pointsLost(row.accuracies, kinds, index);
                  return (
                    <td
                      key={index}
                      style={{
                        background: lossColor(points),
                        fontWeight: kinds[index] === 'merged' ? 600 : 400,
                        fontStyle: kinds[index] === 'placebo' ? 'italic' : 'normal',
                      }}
                      title={
                        accuracy === null
                          ? 'The base has no head for these labels.'
                          : points === null
                            ? ''
                            : `${formatSigned(points, 2)} points against the best own adapter`
                      }
                    >
                      {formatPercent(accuracy)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
          {forgetting === null ? null : (
            <tfoot>
              <tr>
                <th scope="row">{forgetting}</th>
                {matrix.columns.map((column, index) => (
                  <td key={index} title={column.forgetting ? forgettingFact(column.forgetting).value : undefined}>
                    {riseText(column.forgetting?.rise)}
                  </td>
                ))}
              </tr>
            </tfoot>
          )}
        </table>
      </div>
      <div className={classes['scale']}>
        <span>30 points lost</span>
        <span className={classes['ramp']} aria-hidden />
        <span>
          30 points gained, against the best own adapter of the task
          {matrix.evalSamples === null
            ? ''
            : `; on ${matrix.evalSamples === 0 ? 'all' : `the first ${matrix.evalSamples}`} test examples of each task`}
          {matrix.rows.length > 1 ? "; where a head is for other labels, with that of the task's own adapter" : ''}
        </span>
      </div>
    </>
  );
}
