import { Button } from '@mantine/core';
import { IconFolder, IconPencil } from '@tabler/icons-react';
import type { ReportRecord } from '../../../src-shared/domain/app/report.ts';
import { useAction } from '../../api/query.ts';
import { navigate } from '../../app/routes.tsx';
import { removalItem } from '../../components/feedback/confirm.tsx';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { notifyDeleted, undoMilliseconds } from '../../components/feedback/undo.tsx';
import { MoreMenu } from '../../components/layout/page.tsx';
import { reportsStrings, reportsStrings as strings } from '../../strings/reports.ts';
import { ExportMenu } from './export-menu.tsx';
import { renameReport } from './rename-report.ts';
import { ReportFrame } from './report-frame.tsx';
import classes from './reports.module.css';

/** A report in the window, with what can be done with it. */
export function ReportView({ report }: { report: ReportRecord }) {
  const remove = useAction('reports.remove', {
    failureTitle: strings.notRemoved,
    onSuccess: () => {
      notifyDeleted('reports', [report.id], strings.removed(report.name));
      navigate('/reports', { replace: true });
    },
  });
  return (
    <div className={classes['report']}>
      <div className={classes['head']}>
        <h2 className={classes['name']} title={report.name}>
          {report.name}
        </h2>
        <Button variant="default" onClick={() => openInBrowser(report)}>
          {strings.openInBrowser}
        </Button>
        <ExportMenu report={report} />
        <MoreMenu
          label={strings.more(report.name)}
          about={report.name}
          items={[
            { label: strings.rename.item, icon: <IconPencil size={16} />, onClick: () => renameReport(report) },
            { label: strings.showInFolder, icon: <IconFolder size={16} />, onClick: () => showInFolder(report) },
            removalItem({
              label: strings.remove,
              question: strings.removeQuestion(report.name),
              consequence: strings.removeConsequence,
              verb: strings.remove,
              onConfirm: () => remove.mutate({ id: report.id, undoMilliseconds }),
            }),
          ]}
        />
      </div>
      <ReportFrame key={report.id} report={report} />
    </div>
  );
}

/** Opens a report by the system's own browser. */
function openInBrowser({ path }: ReportRecord): void {
  attempt(window.coto.openPath(path));
}

function showInFolder({ path }: ReportRecord): void {
  attempt(window.coto.showInFolder(path));
}

function attempt(work: Promise<void>): void {
  work.catch((error: unknown) => notifyFailure(error, reportsStrings.notOpened));
}
