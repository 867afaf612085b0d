import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ReportRecord } from '../../../src-shared/domain/catalog.ts';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { studyWork } from '../../engine/studies/index.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import { newId } from '../identifiers.ts';
import { reportJob } from '../jobs/report.ts';
import { requireStudy } from '../jobs/study.ts';
import type { HandlerServices } from '../services.ts';
import { plannedRun } from '../studies/planned-runs.ts';

export function reportHandlers(services: HandlerServices): Handlers<NamesOf<'reports'>> {
  const { store, home, queue } = services;
  const absolute = (report: ReportRecord): ReportRecord => ({ ...report, path: home.absolute(report.path) });
  return {
    'reports.create': async ({ studyIds, name }) => {
      const studies = studyIds.map((id) => requireStudy(store, id));
      const open = studies.find(({ result }) => result === null);
      if (open !== undefined)
        throw new StudioError(
          'refused',
          `The study "${open.name}" has no result (${open.status}).`,
          'Wait for its end.',
        );
      const reportId = newId('report');
      const title = name ?? studies.map((study) => study.name).join(', ');
      return queue.add(
        reportJob,
        { title: `Report: ${title}`, subjectId: reportId },
        { reportId, name: title, runIds: await runsOf(services, studies), studyIds },
      );
    },
    'reports.list': () => store.reports.list().map(absolute),
    'reports.get': ({ id }) => {
      const report = store.reports.find(id);
      if (report === null) throw new StudioError('not_found', `There is no report "${id}" in the studio.`);
      return absolute(report);
    },
  };
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
