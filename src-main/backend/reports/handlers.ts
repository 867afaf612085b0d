import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ReportRecord, ReportRequest } from '../../../src-shared/domain/app/report.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { studyWork } from '../../engine/api/studies.ts';
import { removeFolder } from '../../files/atomic.ts';
import { newId } from '../../store/identifiers.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { plannedRun } from '../runs/planned-runs.ts';
import { requireRun } from '../runs/training-record.ts';
import { type Handlers, type NamesOf, ok } from '../services/handler.ts';
import { requireStudy } from '../studies/study-records.ts';
import { reportJob } from './report-job.ts';
import { readPage, readReportFiles, readSummary, reportFolder } from './stored.ts';

export function reportHandlers(services: HandlerServices): Handlers<NamesOf<'reports'>> {
  const { store, home, hub, deletions } = services;
  // A link in the home is met by what reads the files; it must not close the list.
  const absolute = (report: ReportRecord): ReportRecord => ({ ...report, path: join(home.path, report.path) });
  const find = (id: string): ReportRecord => {
    const report = store.reports.find(id);
    if (report === null) throw new StudioError('not_found', `There is no report "${id}" in the studio.`);
    return absolute(report);
  };
  return {
    'reports.create': (request) => createReport(services, request),
    'reports.list': () => deletions.visible('reports', store.reports.list()).map(absolute),
    'reports.get': ({ id }) => find(id),
    'reports.page': ({ id }) => readPage(home, find(id)),
    'reports.summary': ({ id }) => readSummary(home, find(id)),
    'reports.files': ({ id }) => readReportFiles(home, find(id)),
    'reports.rename': ({ id, name }) => {
      find(id);
      store.reports.rename(id, name);
      hub.listChanged('reports');
      return find(id);
    },
    'reports.remove': async ({ id, undoMilliseconds }) => {
      const report = find(id);
      await deletions.remove('reports', id, undoMilliseconds, async () => {
        const folder = reportFolder(home, report);
        // A report without its files would be a broken one; files without a report are only left over.
        store.durably(() => store.reports.remove(id));
        await removeFolder(folder);
        hub.listChanged('reports');
      });
      return ok;
    },
  };
}

async function createReport(services: HandlerServices, { runIds, studyIds, name, note, sections }: ReportRequest) {
  const { store, queue } = services;
  if (runIds.length + studyIds.length === 0)
    throw new StudioError('invalid_input', 'A report needs at least one run or study.', 'Choose some.');
  const runs = [...new Set(runIds)].map((id) => requireRun(store, id));
  const studies = [...new Set(studyIds)].map((id) => requireStudy(store, id));
  const open = studies.find(({ result }) => result === null);
  if (open !== undefined)
    throw new StudioError(
      'refused',
      `The study "${open.name}" has no result (${open.status}).`,
      'Wait until it has finished, or resume it.',
    );
  const reportId = newId('report');
  const title = name ?? titleOf(runs, studies);
  const ofStudies = await runsOf(services, studies);
  return queue.add(
    reportJob,
    { title: `Report: ${title}`, subjectId: reportId },
    {
      reportId,
      name: title,
      note,
      sections,
      runIds: [...new Set([...runs.map(({ id }) => id), ...ofStudies])],
      studyIds: studies.map(({ id }) => id),
    },
  );
}

function titleOf(runs: readonly { readonly name: string }[], studies: readonly { readonly name: string }[]): string {
  if (studies.length > 0) return studies.map((study) => study.name).join(', ');
  const [first] = runs;
  return runs.length === 1 && first !== undefined ? first.name : `Comparison of ${runs.length} runs`;
}

/** The distinct existing runs that studies trained or whose adapters they refer to. */
async function runsOf(services: HandlerServices, studies: readonly StudyRecord[]): Promise<string[]> {
  const { store } = services;
  const ids: string[] = [];
  for (const { kind, config, result } of studies) {
    const work = studyWork(kind);
    const planned = work.plan(config).flatMap((spec) => (spec.kind === 'train' ? spec.config : []));
    // Behind a sweep, the runs at the chosen rates are of a later round than the plan.
    const compared = result === null ? [] : work.compared(config, result);
    for (const run of [...planned, ...compared]) ids.push((await plannedRun(services, { config: run }))?.id ?? '');
    for (const reference of studyKind(kind).references(config)) {
      if ('run' in reference) continue;
      if ('runId' in reference) ids.push(reference.runId);
      else {
        const origin = store.adapters.find(reference.adapterId)?.origin;
        if (origin?.kind === 'run') ids.push(origin.runId);
      }
    }
  }
  return [...new Set(ids)].filter((id) => store.runs.find(id) !== null);
}
