import type { ReportRecord } from '../../../src-shared/domain/app/report.ts';
import { request } from '../../api/client.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { askName } from '../../components/form/name-dialog.tsx';
import { reportsStrings as strings } from '../../strings/reports.ts';

/** Asks for another name of a report. */
export function renameReport({ id, name }: ReportRecord): void {
  askName({
    title: strings.rename.title,
    label: strings.rename.label,
    name,
    confirm: strings.rename.confirm,
    cancel: strings.rename.cancel,
    onName: (changed) => {
      request('reports.rename', { id, name: changed }).catch((error: unknown) =>
        notifyFailure(error, strings.rename.failed),
      );
    },
  });
}
