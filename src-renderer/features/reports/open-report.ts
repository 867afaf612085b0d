import type { ReportRecord } from '../../../src-shared/domain/app/report.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { reportsStrings } from '../../strings/reports.ts';

/** Opens a report by the system's own browser. */
export function openInBrowser({ path }: ReportRecord): void {
  attempt(window.coto.openPath(path));
}

export function showInFolder({ path }: ReportRecord): void {
  attempt(window.coto.showInFolder(path));
}

function attempt(work: Promise<void>): void {
  work.catch((error: unknown) => notifyFailure(error, reportsStrings.notOpened));
}
