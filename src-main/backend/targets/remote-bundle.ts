import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { bundleInputsSchema } from '../../../src-shared/domain/targets/bundle.ts';
import { bundleNames } from '../bundles/bundle-files.ts';
import { copyFiles } from './copy-files.ts';
import { lastLine, type ProgramOptions, runRemote, type SshPlace, saysDiskIsFull } from './run-program.ts';

/** Called with the progress of copying missing inputs to a host. */
export type OnSent = (host: string, done: number, total: number) => void;

export interface SendWatch {
  readonly signal: AbortSignal;
  readonly onSent: OnSent;
}

/** Files that are copied by one call: progress is told between two of them. */
const atOnce = { files: 2000, bytes: 2 ** 28 };

/** Runs a script of the host's shell, whose words are $1, $2 … @throws StudioError refused with its last word, if it fails */
export async function askRemote(
  place: SshPlace,
  script: string,
  words: readonly string[],
  options?: ProgramOptions,
): Promise<string> {
  const output = await runRemote(place)(['sh', '-c', script, 'coto', ...words], options);
  if (output.code === 0) return output.stdout;
  const said = lastLine(output.stderr) || `it answered ${output.code}`;
  if (saysDiskIsFull(said))
    throw new StudioError('disk_full', `The disk of ${place.host} is full: ${said}.`, 'Free some space there.');
  throw new StudioError('refused', `${place.host} could not do it: ${said}.`, 'Look at its folder, and at its rights.');
}

/** Makes the folder for bundles on a host, and answers where it is: a relative one is below the home folder there. */
export async function remoteRoot(place: SshPlace, folder: string): Promise<string> {
  const script = 'cd "$HOME" && mkdir -p "$1/blobs/sha256" "$1/blobs/incoming" && cd "$1" && pwd -P';
  return (await askRemote(place, script, [belowHome(folder)])).trim();
}

/** A folder of a host as it is below the home folder there, which is where ~ is. */
export function belowHome(folder: string): string {
  return folder.replace(/^~\//, '');
}

/** Returns the path of a bundle below the root of a host. */
export function remoteBundle(root: string, bundle: string): string {
  return `${root}/${basename(bundle)}`;
}

/**
 * Copies to a host what it lacks of a bundle. Inputs are kept there by their SHA-256 for all bundles, and each is held to it
 * before it counts, so that a base is copied once, and what a lost connection has left is gone on with. The bundle has a link to
 * each as soon as it is there, so that nobody who removes what no bundle has removes it meanwhile.
 * @throws StudioError disconnected, disk_full, or for a file that is another one there
 */
export async function sendBundle(place: SshPlace, root: string, bundle: string, watch: SendWatch): Promise<void> {
  const there = remoteBundle(root, bundle);
  const study = await readFile(join(bundle, bundleNames.study));
  const own = createHash('sha256').update(study).digest('hex');
  const known = await askRemote(place, 'sha256sum < "$1/study.json" 2>/dev/null || true', [there]);
  if (known.startsWith(own)) return;
  await sendBlobs(place, root, bundle, await blobsOf(bundle), watch);
  const rest = await filesBesides(bundle);
  await copyFiles(place, 'to', { here: bundle, there, paths: rest }, watch.signal);
  // Whoever sees it finds all the rest.
  await copyFiles(place, 'to', { here: bundle, there, paths: [bundleNames.study] }, watch.signal);
}

/** A function of the host's shell: makes $2 a link to $1, or a copy where there are no links; it is whole where it is there. */
const take = 'take() { [ -e "$2" ] || ln "$1" "$2" 2>/dev/null || { cp "$1" "$2.part" && mv "$2.part" "$2"; }; }; ';

/** Sizes of the inputs that lie in the bundle, by their hashes. */
async function blobsOf(bundle: string): Promise<Map<string, number>> {
  const file = join(bundle, bundleNames.inputs);
  if (!existsSync(file)) return new Map();
  const { inputs } = bundleInputsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const files = inputs.filter(({ place }) => place.kind === 'blobs').flatMap((input) => input.files);
  return new Map(files.map(({ sha256, bytes }) => [sha256, bytes]));
}

async function sendBlobs(
  place: SshPlace,
  root: string,
  bundle: string,
  sizes: ReadonlyMap<string, number>,
  { signal, onSent }: SendWatch,
): Promise<void> {
  const there = remoteBundle(root, bundle);
  const which =
    'mkdir -p "$1/blobs/sha256" "$1/results" "$1/logs" && while read -r hash; do take "$2/blobs/sha256/$hash" "$1/blobs/sha256/$hash" 2>/dev/null || echo "$hash"; done';
  const answer = await askRemote(place, take + which, [there, root], {
    input: lines([...sizes.keys()]),
    timeoutSeconds: 600,
  });
  const lacking = answer.split('\n').filter((hash) => sizes.has(hash));
  const total = lacking.reduce((sum, hash) => sum + (sizes.get(hash) ?? 0), 0);
  let done = 0;
  for (const group of grouped(lacking, sizes)) {
    signal.throwIfAborted();
    onSent(place.host, done, total);
    const incoming = `${root}/blobs/incoming`;
    await copyFiles(place, 'to', { here: join(bundle, bundleNames.blobs), there: incoming, paths: group }, signal);
    const check =
      'cd "$1" && while read -r hash; do case "$(sha256sum < "$hash")" in "$hash "*) take "$hash" "$2/blobs/sha256/$hash" && mv "$hash" "../sha256/$hash" || exit 1 ;; *) rm -f "$hash"; echo "$hash" ;; esac; done';
    const torn = await askRemote(place, take + check, [incoming, there], {
      input: lines(group),
      signal,
      timeoutSeconds: 3600,
    });
    if (torn.trim() !== '')
      throw new StudioError(
        'disconnected',
        `A file of the bundle has another SHA-256 on ${place.host} than here (${torn.trim().slice(0, 12)}…).`,
        'Resume the study: only that is copied again.',
      );
    done += group.reduce((sum, hash) => sum + (sizes.get(hash) ?? 0), 0);
  }
  if (total > 0) onSent(place.host, total, total);
}

function* grouped(hashes: readonly string[], sizes: ReadonlyMap<string, number>): Generator<string[]> {
  let group: string[] = [];
  let bytes = 0;
  for (const hash of hashes) {
    group.push(hash);
    bytes += sizes.get(hash) ?? 0;
    if (group.length < atOnce.files && bytes < atOnce.bytes) continue;
    yield group;
    [group, bytes] = [[], 0];
  }
  if (group.length > 0) yield group;
}

/** Files of a bundle besides its inputs, what came of it, and study.json. */
async function filesBesides(bundle: string): Promise<string[]> {
  const others = new Set([bundleNames.study, 'blobs', bundleNames.results, bundleNames.checkpoints, 'logs']);
  const entries = await readdir(bundle, { withFileTypes: true });
  const own = entries.filter(({ name }) => !others.has(name) && !name.startsWith('.'));
  const inner = await Promise.all(
    own.map(async (entry) => {
      if (entry.isFile()) return [entry.name];
      if (!entry.isDirectory()) return [];
      return (await readdir(join(bundle, entry.name))).map((name) => `${entry.name}/${name}`);
    }),
  );
  return inner.flat();
}

function lines(words: readonly string[]): string {
  return words.map((word) => `${word}\n`).join('');
}

/** A name that nobody else has. */
export function ownName(): string {
  return randomBytes(6).toString('hex');
}
