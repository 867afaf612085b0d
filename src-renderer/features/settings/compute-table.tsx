import { Skeleton } from '@mantine/core';
import type { ComputeBackendReport } from '../../../src-shared/domain/catalog.ts';
import { type DataColumn, DataTable } from '../../components/data-table.tsx';
import { formatNumber } from '../../components/format.ts';
import classes from './settings.module.css';

const columns: readonly DataColumn<ComputeBackendReport>[] = [
  {
    id: 'label',
    header: 'Backend',
    sortable: false,
    value: (report) => report.label,
    cell: (report) => <span className={report.chosen ? classes['chosen'] : undefined}>{report.label}</span>,
  },
  {
    id: 'state',
    header: 'State',
    sortable: false,
    value: (report) => (report.chosen ? 'in use' : report.available ? 'available' : 'not available'),
  },
  {
    id: 'device',
    header: 'Device',
    sortable: false,
    value: (report) => report.device,
    cell: (report) => <span className={classes['wrap']}>{report.device ?? '–'}</span>,
  },
  {
    id: 'rate',
    header: 'Product rate',
    unit: 'GFLOPS',
    help: 'float32 matrix product 512 × 512 × 512, best of five',
    align: 'right',
    sortable: false,
    value: (report) => report.gemmGflops,
    cell: (report) => formatNumber(report.gemmGflops),
  },
  {
    id: 'reason',
    header: 'Why',
    sortable: false,
    value: (report) => report.reason,
    cell: (report) => <span className={classes['wrap']}>{report.reason}</span>,
  },
];

/** Every compute backend: whether it is there, whether it was taken, and why or why not. */
export function ComputeTable({ backends }: { backends: readonly ComputeBackendReport[] | undefined }) {
  if (!backends) return <Skeleton height={160} m={12} w="auto" />;
  return <DataTable label="Compute backends" items={backends} itemId={(report) => report.id} columns={columns} />;
}
