import { basename } from 'node:path';
import { studyKind } from '../../../src-shared/studies/index.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';
import { readBundle, requireUnchanged } from './bundle-files.ts';
import { bundleJob } from './bundle-job.ts';
import { collectJob } from './collect-job.ts';
import { goOnWithStudy } from './go-on.ts';
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
    'bundles.study': ({ path }) => goOnWithStudy(services, paths.readable(path)),
  };
}
