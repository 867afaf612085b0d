import { useMemo } from 'react';
import type { TextInspection } from '../../../src-shared/domain/dataset.ts';
import { DataTable } from '../../components/data-table.tsx';
import classes from './data.module.css';
import { rowColumns, whereOf } from './row-columns.tsx';

/** The first rows of a file as the examples that they would become. */
export function RowPreview({ inspection, isStale }: { inspection: TextInspection; isStale: boolean }) {
  const { columns, rows } = inspection;
  const shown = useMemo(() => rowColumns(columns, { withSplit: true }), [columns]);
  return (
    <div className={classes['rows']} data-stale={isStale || undefined}>
      <DataTable label="First rows" items={rows} itemId={whereOf} columns={shown} />
    </div>
  );
}
