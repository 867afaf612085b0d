import { Loader, Skeleton } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import type { ComputeBackendReport, ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import { formatBytes, formatNumber } from '../../components/format/format.ts';
import { type DataColumn, DataTable } from '../../components/table/data-table.tsx';
import { settingsStrings as words } from '../../strings/settings.ts';
import classes from './settings.module.css';

interface ComputeTableProps {
  readonly backends: readonly ComputeBackendReport[] | undefined;
  /** The one whose rates are being taken. */
  readonly measuring: ComputeId | null;
}

/** Every compute backend: whether it is there and taken, how fast it is, and why or why not. */
export function ComputeTable({ backends, measuring }: ComputeTableProps) {
  const columns = useMemo(() => columnsFor(measuring), [measuring]);
  if (!backends) return <Skeleton height={160} m={12} w="auto" />;
  return <DataTable label={words.backends} items={backends} itemId={(report) => report.id} columns={columns} />;
}

function columnsFor(measuring: ComputeId | null): readonly DataColumn<ComputeBackendReport>[] {
  const rate = (report: ComputeBackendReport, gflops: number | null): ReactNode =>
    report.id === measuring ? <Loader size={12} aria-label={words.benchmarking(report.label)} /> : formatNumber(gflops);
  return [
    {
      id: 'label',
      header: words.columns.backend,
      sortable: false,
      width: 128,
      value: (report) => report.label,
      cell: (report) => (
        <>
          <div className={report.chosen ? classes['chosen'] : undefined}>{report.label}</div>
          <div className={classes['help']}>{stateOf(report)}</div>
        </>
      ),
    },
    {
      id: 'device',
      header: words.columns.device,
      sortable: false,
      value: (report) => report.device,
      cell: (report) => (
        <div className={classes['wrap']}>
          <div>{deviceText(report)}</div>
          <div className={classes['help']}>{report.reason}</div>
        </div>
      ),
    },
    {
      id: 'float32',
      header: words.columns.float32,
      unit: words.columns.unit,
      help: words.float32Help,
      align: 'right',
      width: 124,
      sortable: false,
      value: (report) => report.gemmGflops,
      cell: (report) => rate(report, report.gemmGflops),
    },
    {
      id: 'bfloat16',
      header: words.columns.bfloat16,
      unit: words.columns.unit,
      help: words.bfloat16Help,
      align: 'right',
      width: 124,
      sortable: false,
      value: (report) => report.gemmBfloat16Gflops,
      cell: (report) => formatNumber(report.gemmBfloat16Gflops),
    },
  ];
}

function stateOf(report: ComputeBackendReport): string {
  if (report.chosen) return report.available ? words.inUse : words.chosen;
  return report.available ? words.available : words.unavailable;
}

function deviceText({ device, memoryBytes, kind, card }: ComputeBackendReport): string {
  if (device === null) return words.noDevice;
  const notes = [
    kind === 'software' ? words.software : null,
    memoryBytes === null ? null : formatBytes(memoryBytes),
    card === null ? null : words.largestTensor(formatBytes(card.largestTensorBytes)),
    card === null ? null : card.float16 ? words.withFloat16 : words.withoutFloat16,
  ].filter((note) => note !== null);
  return [device, ...notes].join(', ');
}
