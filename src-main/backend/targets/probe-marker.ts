import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askRemote, ownName, remoteRoot } from './remote-bundle.ts';
import type { SshPlace } from './run-program.ts';

/** A folder that nodes are asked for: by a file in it that nobody else has. */
export interface Share {
  withMarker<Result>(work: (marker: string, folder: string) => Promise<Result>): Promise<Result>;
}

/** A folder of this machine. */
export function localMarker(folder: string): Share {
  return {
    async withMarker(work) {
      const marker = join(folder, `.coto-probe-${ownName()}`);
      await mkdir(folder, { recursive: true });
      try {
        await writeFile(marker, '');
        return await work(marker, folder);
      } finally {
        await rm(marker, { force: true });
      }
    },
  };
}

/** A folder of a host, below its home folder. */
export function remoteMarker(place: SshPlace, given: string): Share {
  return {
    async withMarker(work) {
      const folder = await remoteRoot(place, given);
      const marker = `${folder}/.coto-probe-${ownName()}`;
      try {
        await askRemote(place, ': > "$1"', [marker]);
        return await work(marker, folder);
      } finally {
        await askRemote(place, 'rm -f "$1"', [marker]).catch(() => {});
      }
    },
  };
}
