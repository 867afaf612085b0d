import { Skeleton } from '@mantine/core';
import { useEffect, useMemo } from 'react';
import type { ReportRecord } from '../../../src-shared/domain/app/report.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { reportsStrings } from '../../strings/reports.ts';
import { markReportSeen } from '../home/use-checklist.ts';
import { frameDocument } from './frame-document.ts';
import classes from './reports.module.css';

/** A report, shut into a frame without an origin: it reaches neither the window nor the backend. */
export function ReportFrame({ report }: { report: ReportRecord }) {
  const { data, error, refetch } = useRequest('reports.page', { id: report.id });
  const page = useMemo(() => (data ? frameDocument(data.html, document.baseURI) : null), [data]);
  useEffect(markReportSeen, []);
  if (error) return <ErrorNote error={error} action={{ label: 'Try again', onClick: () => void refetch() }} />;
  if (page === null) return <Skeleton className={classes['frame'] ?? ''} />;
  return (
    <iframe
      className={classes['frame']}
      title={reportsStrings.frame(report.name)}
      sandbox="allow-scripts"
      srcDoc={page}
    />
  );
}
