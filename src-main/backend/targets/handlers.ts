import { StudioError } from '../../../src-shared/contract/errors.ts';
import { parameterSchema } from '../../../src-shared/domain/parameters/parameter.ts';
import type { TargetRecord } from '../../../src-shared/domain/targets/target.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { type Handlers, type NamesOf, ok } from '../services/handler.ts';
import type { TargetStudyRequest } from '../studies/handlers.ts';
import { requireStudy } from '../studies/study-records.ts';
import { bundlesFolder } from './bundle-place.ts';
import { cancelRuns, cancelStudy } from './cancel-runs.ts';
import { cleanBundles, cleanInputs, listBundles } from './clean-bundles.ts';
import { unfollowedStudies } from './follow-again.ts';
import { targets } from './index.ts';
import { checkHost, requireCommand, requireKind, requireTarget } from './resolve-target.ts';

export function targetHandlers(services: HandlerServices): Handlers<NamesOf<'targets'> | TargetStudyRequest> {
  const { store, hub } = services;
  return {
    'targets.list': () => ({
      targets: store.targets.list(),
      kinds: targets.map(({ declaration, takesHost }) => ({ ...declaration, takesHost })),
    }),
    'targets.save': ({ name, kind, host, parameters: given }) => {
      requireCommand(services);
      const target = requireKind(kind);
      checkHost(target, host);
      const parameters = parameterSchema(target.declaration.parameters).parse(given);
      const record: TargetRecord = { name, kind, host, parameters, isSaved: true };
      store.targets.save(record);
      hub.listChanged('settings');
      return record;
    },
    'targets.remove': ({ id: name }) => {
      requireCommand(services);
      if (store.targets.find(name) === null)
        throw new StudioError('not_found', `There is no target "${name}" that was added.`, 'List them: coto targets.');
      store.targets.remove(name);
      hub.listChanged('settings');
      return ok;
    },
    'targets.probe': ({ name }) => {
      const { target, record } = requireTarget(services, name);
      const folder = bundlesFolder(services, record);
      return target.open({ host: record.host, parameters: { ...record.parameters, folder } }).probe();
    },
    'targets.bundles': ({ name }) => listBundles(services, name),
    'targets.clean': async ({ name, folders, inputs }) => {
      const removed = await cleanBundles(services, name, folders);
      const freed = inputs ? await cleanInputs(services, name) : 0;
      return { removed, freedBytes: removed.reduce((sum, { bytes }) => sum + bytes, freed) };
    },
    'studies.submissions': ({ id }) => store.submissions.list(requireStudy(store, id).id),
    'studies.unfollowed': () => unfollowedStudies(services),
    'studies.cancel': async ({ id, runs }) => {
      await (runs === undefined ? cancelStudy(services, id) : cancelRuns(services, id, runs));
      return ok;
    },
  };
}
