import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterNorms, AdapterRecord } from '../../../../src-shared/domain/adapters/adapter.ts';
import { updateNorms } from '../../../engine/api/adapters.ts';
import { FolderCache } from '../../../files/folder-cache.ts';
import { folderBytes } from '../../../files/folder-fingerprint.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import type { Handlers, NamesOf } from '../../services/handler.ts';
import type { Services } from '../../services/services.ts';
import { baseOf } from './adapter-base.ts';
import { adapterScores } from './adapter-scores.ts';
import { adapterContents, exportAdapter, removeAdapter, requireAdapter } from './adapters.ts';
import { importAdapter } from './import-adapter.ts';

const kept = new FolderCache<AdapterNorms>(32);

/** By how much an adapter changes each weight. Throws as `openAdapter` if the folder was changed. */
async function adapterNorms({ home, store }: Pick<Services, 'home' | 'store'>, id: string): Promise<AdapterNorms> {
  const adapter = requireAdapter(store, id);
  const { description } = await baseOf({ home, store }, [adapter]);
  const folder = home.absolute(adapter.folder);
  return kept.read([folder], description.fingerprint, () =>
    // Other requests have their turn between modules.
    updateNorms(folder, description, () => new Promise((resolve) => setImmediate(resolve))),
  );
}

export function adapterHandlers(services: HandlerServices): Handlers<NamesOf<'adapters'>> {
  const { store, hub, home, paths, deletions } = services;
  return {
    'adapters.list': () => deletions.visible('adapters', store.adapters.list()),
    'adapters.get': ({ id }) => requireAdapter(store, id),
    'adapters.contents': ({ id }) => adapterContents(services, id),
    'adapters.norms': ({ id }) => adapterNorms(services, id),
    'adapters.scores': ({ id }) => adapterScores(services, id),
    'adapters.import': ({ path, ...options }) => importAdapter(services, paths.readable(path), options),
    'adapters.export': async ({ id, directory }) => ({
      directory: await exportAdapter(services, id, paths.writable(directory)),
    }),
    'adapters.update': ({ id, ...changes }) => {
      requireAdapter(store, id);
      store.adapters.update(id, changes);
      hub.listChanged('adapters');
      return requireAdapter(store, id);
    },
    'adapters.remove': async ({ id, undoMilliseconds }) => {
      const { folder } = requireUnneeded(services, id);
      const freedBytes = await folderBytes(home.absolute(folder));
      await deletions.remove('adapters', id, undoMilliseconds, () => {
        requireUnneeded(services, id);
        return removeAdapter(services, id);
      });
      return { freedBytes };
    },
  };
}

/** @throws StudioError refused if a job that is yet to run needs the adapter */
function requireUnneeded({ store, queue }: HandlerServices, id: string): AdapterRecord {
  const adapter = requireAdapter(store, id);
  const waiting = queue.jobThatNeeds(id);
  if (waiting)
    throw new StudioError(
      'refused',
      `The adapter "${adapter.name}" is needed by the job "${waiting.title}".`,
      'Wait for it, or cancel it.',
    );
  return adapter;
}
