import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ReportRecord } from '../../../src-shared/domain/catalog.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import type { HandlerServices } from '../services.ts';

export function reportHandlers({ store, home }: HandlerServices): Handlers<NamesOf<'reports'>> {
  const absolute = (report: ReportRecord): ReportRecord => ({ ...report, path: home.absolute(report.path) });
  return {
    'reports.list': () => store.reports.list().map(absolute),
    'reports.get': ({ id }) => {
      const report = store.reports.find(id);
      if (report === null) throw new StudioError('not_found', `There is no report "${id}" in the studio.`);
      return absolute(report);
    },
  };
}
