import { useMemo } from 'react';
import type { TextInspection } from '../../../src-shared/domain/data/dataset.ts';
import { DataTable } from '../../components/table/data-table.tsx';
import classes from './data.module.css';
import { rowColumns } from './row-columns.tsx';

/** The first rows of a file as the examples that they would become. */
export function RowPreview({ inspection, isStale }: { inspection: TextInspection; isStale: boolean }) {
  const { columns, rows } = inspection;
  const shown = useMemo(() => rowColumns(columns, { withSplit: true }), [columns]);
  return (
    <div className={classes['rows']} data-stale={isStale || undefined}>
      {/* By place: two files for the splits may have the same name. */}
      <DataTable label="First rows" items={rows} itemId={(row) => String(rows.indexOf(row))} columns={shown} />
    </div>
  );
}
