import { ActionIcon, Button, Table, Text } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ReportRecord, ReportSummary } from '../../../src-shared/domain/app/report.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { differenceText } from '../../../src-shared/results/comparison.ts';
import { formatFigure, unitLabels } from '../../../src-shared/results/comparison-row.ts';
import { clarityOf, clarityWords, type Difference } from '../../../src-shared/results/difference-clarity.ts';
import { useRequest } from '../../api/query.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { homeStrings } from '../../strings/home.ts';
import { useDismissed } from './dismissed.ts';
import classes from './home.module.css';

const strings = homeStrings.findings;
type Row = ReportSummary['rows'][number];

/** Findings of the last demo, in the numbers of its report, until they are dismissed. */
export function DemoFindings({ studies }: { studies: readonly StudyRecord[] }) {
  const { isDismissed, dismiss } = useDismissed();
  const { data: reports } = useRequest('reports.list', {});
  const newest = reports?.find((report) => isOfDemo(report, studies));
  if (!newest || isDismissed(newest.id)) return null;
  return <Findings key={newest.id} report={newest} onDismiss={() => dismiss([newest.id])} />;
}

function isOfDemo({ studyIds }: ReportRecord, studies: readonly StudyRecord[]): boolean {
  return studyIds.some((id) => studies.some((study) => study.id === id && study.parentId !== null));
}

function Findings({ report, onDismiss }: { report: ReportRecord; onDismiss: () => void }) {
  const { data: summary } = useRequest('reports.summary', { id: report.id });
  const rows = mainRows(summary?.rows ?? []);
  if (!summary || rows.length === 0) return null;
  const [finding] = summary.findings;
  return (
    <Panel
      title={strings.title}
      note={report.name}
      aside={
        <>
          <Button size="compact-sm" onClick={() => navigate(pathOf('reports', report.id))}>
            {strings.open}
          </Button>
          <ActionIcon size={20} aria-label={homeStrings.dismissOne(report.name)} onClick={onDismiss}>
            <IconX size={14} />
          </ActionIcon>
        </>
      }
      flush
    >
      {finding === undefined ? null : (
        <Text size="sm" px={12} py={8}>
          {finding}
        </Text>
      )}
      <Table aria-label={strings.title} verticalSpacing={4} horizontalSpacing={12}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{strings.metric}</Table.Th>
            <Table.Th ta="right">{summary.sides.without}</Table.Th>
            <Table.Th ta="right">{summary.sides.coto}</Table.Th>
            <Table.Th ta="right">{strings.difference}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.id}>
              <Table.Td>
                {row.label} <span className={classes['quiet']}>({unitLabels[row.unit]})</span>
              </Table.Td>
              <Table.Td ta="right">{valueText(row.without, row)}</Table.Td>
              <Table.Td ta="right">{valueText(row.coto, row)}</Table.Td>
              <Table.Td ta="right">
                {differenceText(row.difference, row.unit)}
                {row.difference !== null && <Verdict difference={row.difference} />}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" px={12} py={8}>
        {strings.note(Math.max(...rows.map(({ difference }) => difference?.n ?? 0)))}
      </Text>
    </Panel>
  );
}

/** Note below a difference that its interval leaves open. */
function Verdict({ difference }: { difference: Difference }) {
  const words = clarityWords[clarityOf(difference)];
  return words === '' ? null : <div className={classes['quiet']}>{words}</div>;
}

/** The first scored row of each study and of the runs: never chosen by their results. */
export function mainRows(rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter(({ id, better, unit }) => {
    const of = id.split('/')[0] ?? id;
    if (better === null || unit === 'milliseconds' || seen.has(of)) return false;
    seen.add(of);
    return true;
  });
}

function valueText(value: number | null, { unit }: Row): string {
  return value === null ? '–' : formatFigure(value, unit);
}
