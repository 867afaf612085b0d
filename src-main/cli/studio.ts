import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecoveryWay } from '../../src-shared/contract/recovery-way.ts';
import { contract, type StudioClient } from '../../src-shared/contract/studio-client.ts';
import { connect } from '../../src-shared/rpc/connect.ts';
import { inProcessChannels } from '../../src-shared/rpc/in-process.ts';
import { serve } from '../../src-shared/rpc/serve.ts';
import { besideArchive } from '../archive/beside-archive.ts';
import { createBackend, type Recovered, startEngine } from '../backend/index.ts';
import { PathGrants } from '../files/path-grants.ts';
import { appDataFolder } from '../files/user-records.ts';

/** The backend in this very process, asked by the requests that the window uses too. */
export interface Studio {
  readonly client: StudioClient;
  /** Result of the requested recovery. */
  readonly recovered: Recovered | null;
  /** One sentence for each link in the home's folders, and for an unfinished move, that was left alone. */
  readonly skipped: readonly string[];
  /** Pauses a training run that is under way, ends the engine and closes the database. */
  close(): Promise<void>;
}

/** models/ and data/ that come with the studio: two folders up, from the sources as from the built file. */
export const resourcesDirectory = besideArchive(fileURLToPath(new URL('../../assets', import.meta.url)));

/** The folder by which the home is named: `--home`, else COTO_STUDIO_HOME, else where the window keeps its things too. */
export function homePlace(option: string | undefined, environment: NodeJS.ProcessEnv): string {
  return option ?? (environment['COTO_STUDIO_HOME'] || join(appDataFolder(environment), 'CoTo Studio'));
}

export interface OpenOptions {
  /** Opens a home with a damaged or lost database. */
  readonly recovery?: RecoveryWay;
  /** True for requests from other programs, which may only name known records, never paths. */
  readonly forPrograms?: boolean;
  /** True for a home that is removed after use. */
  readonly isScratch?: boolean;
}

/** Throws StudioError('refused') while a window or another command has the home. */
export async function openStudio(
  home: string,
  { recovery, forPrograms = false, isScratch = false }: OpenOptions = {},
): Promise<Studio> {
  const backend = await createBackend({
    home,
    resourcesDirectory,
    startEngine,
    takeUpQueue: false,
    isScratch,
    ...(forPrograms ? { grants: new PathGrants() } : {}),
    ...(recovery === undefined ? {} : { recovery }),
  });
  const [own, other] = inProcessChannels();
  const server = serve(other, contract, (name, input) => backend.dispatch(name, input), {
    onFault: (error) => backend.log.error({ err: error }, 'a message of the backend was lost'),
  });
  backend.subscribe((name, payload) => server.emit(name, payload));
  const client = connect(own, contract);
  return {
    client,
    recovered: backend.recovered,
    skipped: backend.skipped,
    async close() {
      await backend.close();
      client.close();
    },
  };
}
