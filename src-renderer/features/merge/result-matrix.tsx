import { Text } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { MergeMatrix } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { type FigureTheme, seriesColors } from '../../../src-shared/figures/index.ts';
import { formatSigned } from '../../../src-shared/format/numbers.ts';
import { defaultMetric, metricUnit, valueText } from '../../../src-shared/metrics/index.ts';
import { forgettingFact, forgettingHeading, riseText } from '../../../src-shared/results/forgetting.ts';
import { useRequest } from '../../api/query.ts';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { mergeStrings } from '../../strings/merge.ts';
import classes from './merge.module.css';

/**
 * Returns a cell's difference to the best own adapter of its task, in points of accuracy; null if either is missing.
 */
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
  const theme = useFigureTheme();
  const { data: adapters = [] } = useRequest('adapters.list', {});
  const kinds = matrix.columns.map((column) => column.kind);
  const forgetting = forgettingHeading(matrix.columns.map((column) => column.forgetting));
  if (matrix.rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {mergeStrings.noRows}
      </Text>
    );
  return (
    <>
      <div style={{ overflowX: 'auto' }}>
        <table className={classes['matrix']} aria-label={mergeStrings.matrix}>
          <thead>
            <tr>
              <th scope="col">{`${defaultMetric.label} ${metricUnit(defaultMetric.id).unit}`}</th>
              {matrix.columns.map((column, index) => (
                <th key={index} scope="col" title={column.label} style={{ textAlign: 'right' }}>
                  <span className={classes['role']} style={{ background: roleColor(column, adapters, theme) }} />
                  {headOf(column, index)}
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
                          ? mergeStrings.noHead
                          : points === null
                            ? ''
                            : mergeStrings.against(formatSigned(points, 2))
                      }
                    >
                      {valueText(defaultMetric.id, accuracy)}
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
        <span>{mergeStrings.lost}</span>
        <span className={classes['ramp']} aria-hidden />
        <span>{mergeStrings.gained}</span>
        <span>
          {[
            mergeStrings.rampLegend,
            ...(matrix.evalSamples === null ? [] : [mergeStrings.rampExamples(matrix.evalSamples)]),
            ...(matrix.rows.length > 1 ? [mergeStrings.rampHeads] : []),
          ].join(' · ')}
        </span>
      </div>
    </>
  );
}

type Column = MergeMatrix['columns'][number];

/** Single adapters have the number of their row on the bench. */
function headOf({ kind, label }: Column, index: number): string {
  if (kind === 'merged') return mergeStrings.merged;
  if (kind === 'base') return mergeStrings.baseColumn;
  return kind === 'own' ? `${index + 1} ${label}` : label;
}

/** The color that a column's role has in every figure. */
function roleColor({ kind, adapterId }: Column, adapters: readonly AdapterRecord[], theme: FigureTheme): string {
  const colors = seriesColors(theme);
  if (kind === 'merged') return colors.merged;
  if (kind !== 'own') return colors.base;
  return adapters.find(({ id }) => id === adapterId)?.coto ? colors.coto : colors.without;
}
