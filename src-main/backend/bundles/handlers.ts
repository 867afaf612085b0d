import { basename } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { isOver, type JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';
import { createStudy, resumeStudy } from '../studies/studies.ts';
import { requireStudy } from '../studies/study-records.ts';
import { readBundle, requireUnchanged } from './bundle-files.ts';
import { bundleJob } from './bundle-job.ts';
import { collectJob } from './collect-job.ts';
import { LocalInputs } from './local-inputs.ts';
import { workOn } from './work.ts';

export function bundleHandlers(services: HandlerServices): Handlers<NamesOf<'bundles'>> {
  const { queue, paths } = services;
  return {
    'bundles.write': ({ config, name: given, path, inputsInPlace, python }) => {
      const name = given ?? studyKind(config.kind).declaration.label;
      const payload = { config, name, path: paths.writable(path), inputsInPlace, python };
      return queue.add(bundleJob, { title: `Bundle of ${name}`, subjectId: null }, payload);
    },
    'bundles.work': ({ path, index, computeBackend }) => workOn(services, paths.writable(path), index, computeBackend),
    'bundles.collect': async ({ path: given }) => {
      const path = paths.readable(given);
      requireUnchanged(await readBundle(services, path));
      return queue.add(collectJob, { title: `Collect ${basename(path)}`, subjectId: null }, { path });
    },
    'bundles.study': ({ path }) => resumeCollectedStudy(services, paths.readable(path)),
  };
}

/**
 * The study of a bundle as one that was begun here: its runs are found by their content, wherever they were trained. Made at the
 * first call, and gone on with at later ones.
 * @throws StudioError refused before anything was collected
 */
async function resumeCollectedStudy(
  services: HandlerServices,
  folder: string,
): Promise<{ study: StudyRecord; job: JobRecord | null }> {
  const { store } = services;
  const bundle = await readBundle(services, folder);
  requireUnchanged(bundle);
  const known = store.bundles.find(bundle.study.id);
  if (known === null)
    throw new StudioError(
      'refused',
      `Nothing was collected of the bundle ${folder}.`,
      'Collect it first: coto study collect.',
    );
  const id = known.studyId;
  const study = store.studies.find(id);
  if (study === null) {
    const inputs = await LocalInputs.find(services, bundle);
    const config = inputs.studyConfig(bundle);
    return createStudy(services, { id, name: bundle.study.name, config, parentId: null });
  }
  if (study.status === 'completed') return { study, job: null };
  const job = store.jobs.findOfSubject(id);
  if (job !== null && !isOver(job)) return { study, job };
  const resumed = resumeStudy(services, id);
  return { study: requireStudy(store, id), job: resumed };
}
