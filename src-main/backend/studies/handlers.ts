import { StudioError } from '../../../src-shared/contract/errors.ts';
import { clock } from '../../store/clock.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { type Handlers, type NamesOf, ok } from '../services/handler.ts';
import { requireTarget } from '../targets/resolve-target.ts';
import { forecastStudy } from './forecast.ts';
import { packageStudyJob } from './package-study-job.ts';
import { compareWithRegistration, parseRegistration, registerStudy } from './registration.ts';
import { createStudy, resumeStudy } from './studies.ts';
import { readStudyText } from './study-file.ts';
import { studyFiles, studySettings } from './study-files.ts';
import { refuseExisting } from './study-package.ts';
import { openSubmissions, requireStudy } from './study-records.ts';
import { tunedAdapters, tunedRuns, tunedStudy } from './tuned.ts';
import { verifyPackage } from './verify-package.ts';

/** Requests about studies that targets/ answers. */
export type TargetStudyRequest = 'studies.submissions' | 'studies.unfollowed' | 'studies.cancel';

export function studyHandlers(services: HandlerServices): Handlers<Exclude<NamesOf<'studies'>, TargetStudyRequest>> {
  const { store, hub, queue, deletions, paths } = services;
  return {
    'studies.list': () => deletions.visible('studies', store.studies.list()),
    'studies.get': ({ id }) => requireStudy(store, id),
    'studies.create': ({ name, config, target, registration }) => {
      if (target !== undefined) requireTarget(services, target);
      return createStudy(services, {
        name,
        config,
        parentId: null,
        target: target ?? null,
        ...(registration === undefined ? {} : { registration }),
      });
    },
    'studies.read': ({ path, text }) => readStudyText(store, paths.readable(path), text),
    'studies.forecast': ({ config }) => forecastStudy(services, config),
    'studies.register': async ({ config }) => {
      // A study that cannot be run is not registered.
      await forecastStudy(services, config);
      return registerStudy(studySettings(services, config), new Date(clock.now()));
    },
    'studies.compareRegistration': ({ name, text, config, meant }) =>
      compareWithRegistration(services, name, parseRegistration(name, text), config, meant ?? null),
    'studies.tuned': (of) => {
      if ('studyId' in of) return tunedStudy(services, requireStudy(store, of.studyId));
      return 'runIds' in of ? tunedRuns(services, of.runIds) : tunedAdapters(services, of.adapterIds);
    },
    'studies.resume': ({ id }) => resumeStudy(services, id),
    'studies.files': ({ id }) => studyFiles(services, requireStudy(store, id)),
    'studies.package': ({ id, path }) => {
      const folder = paths.writable(path);
      const study = requireStudy(store, id);
      refuseExisting(folder);
      return queue.add(
        packageStudyJob,
        { title: `Package of ${study.name}`, subjectId: null },
        { studyId: id, path: folder },
      );
    },
    'studies.verify': ({ path }) => verifyPackage(paths.readable(path)),
    'studies.remove': async ({ id, undoMilliseconds }) => {
      const idleJob = () => {
        const study = requireStudy(store, id);
        const job = store.jobs.findOfSubject(id);
        if (job && queue.isRunning(job.id))
          throw new StudioError('refused', `The study "${study.name}" is running.`, 'Cancel it first.');
        if (openSubmissions(services, id).length > 0)
          throw new StudioError(
            'refused',
            `Runs of "${study.name}" are still running at ${study.target}.`,
            'Cancel it first.',
          );
        return job;
      };
      // A study that waits for its turn must not start while it can be brought back.
      const milliseconds = idleJob()?.status === 'queued' ? 0 : undoMilliseconds;
      await deletions.remove('studies', id, milliseconds, () => {
        const job = idleJob();
        if (job?.status === 'queued' || job?.status === 'paused') queue.cancel(job.id);
        store.durably(() => store.studies.remove(id));
        hub.listChanged('studies');
      });
      return ok;
    },
  };
}
