import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { bundleNames } from '../bundles/bundle-files.ts';
import { commonParameters } from './common-parameters.ts';
import { ResultFetcher, removeEnded } from './fetch-results.ts';
import { askRemote, ownName, remoteBundle, remoteRoot, sendBundle } from './remote-bundle.ts';
import type { TargetEngine } from './target.ts';

/** Hosts that share no folder with this machine: each has a copy of the bundle, and what comes of it is copied back. */
export interface FarHosts {
  /** Folder in the target's notation, below the home folder of each host. */
  readonly folder: string;
  readonly engine: Required<Pick<TargetEngine, 'send' | 'fetch' | 'setAside' | 'remove' | 'removeInputs'>>;
  /** Returns the path of the bundle on a host. */
  folderOn(host: string, bundle: string): Promise<string>;
}

/** Null where the target has a shared folder. @throws StudioError invalid_input for a target of this machine */
export function farHosts(hosts: readonly string[], parameters: ParameterValues): FarHosts | null {
  const { folder_there: folder, ssh_config: config } = commonParameters(parameters);
  if (folder === '') return null;
  if (hosts.length === 0)
    throw new StudioError(
      'invalid_input',
      'folder_there is a folder on a host, and this target names none.',
      'Name it with its host: slurm:login1. Here, name the shared folder: --set folder=/shared/coto.',
    ).at('folder_there');
  const roots = new Map<string, Promise<string>>();
  const rootOf = (host: string): Promise<string> => {
    const asked = roots.get(host) ?? remoteRoot({ host, config }, folder);
    roots.set(host, asked);
    // One that does not answer now is asked again.
    asked.catch(() => roots.delete(host));
    return asked;
  };
  const folderOn = async (host: string, bundle: string) => remoteBundle(await rootOf(host), bundle);
  const fetchers = new Map<string, ResultFetcher>();
  const fetcherOf = async (host: string, bundle: string): Promise<ResultFetcher> => {
    const key = `${host}\0${bundle}`;
    const fetcher = fetchers.get(key) ?? new ResultFetcher({ host, config }, await folderOn(host, bundle), bundle);
    fetchers.set(key, fetcher);
    return fetcher;
  };
  return {
    folder,
    folderOn,
    engine: {
      async send(bundle, watch) {
        for (const host of hosts) await sendBundle({ host, config }, await rootOf(host), bundle, watch);
      },
      async fetch(bundle, signal) {
        const names: string[] = [];
        let answers = true;
        for (const host of hosts)
          try {
            names.push(...(await (await fetcherOf(host, bundle)).look(signal)));
          } catch (thrown) {
            signal?.throwIfAborted();
            if (!(thrown instanceof StudioError) || thrown.code !== 'disconnected') throw thrown;
            answers = false;
          }
        if (answers) await removeEnded(bundle, new Set(names));
        return answers;
      },
      async remove(bundle) {
        // Without study.json it is sent again, however much of the rest could be removed.
        const script = 'rm -f "$1/study.json" && rm -rf "$1"';
        for (const host of hosts)
          await askRemote({ host, config }, script, [await folderOn(host, bundle)], { timeoutSeconds: 600 });
      },
      async removeInputs() {
        const script = 'cd "$1/blobs/sha256" && find . -type f -links 1 -exec rm -f {} +';
        for (const host of hosts)
          await askRemote({ host, config }, script, [await rootOf(host)], { timeoutSeconds: 600 });
      },
      async setAside(bundle, runId) {
        const script = 'cd "$1" && [ ! -e "$2" ] || mv "$2" "$2.refused-$3"';
        for (const host of hosts) {
          const results = `${await folderOn(host, bundle)}/${bundleNames.results}`;
          await askRemote({ host, config }, script, [results, runId, ownName()]);
        }
      },
    },
  };
}
