import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import {
  lastLine,
  quoted,
  type RunProgram,
  remoteCommand,
  runLocal,
  runRemote,
  type SshPlace,
  saysDiskIsFull,
  sshWords,
} from './run-program.ts';

/** Files below a folder here and a folder on a host, by their paths below both. */
export interface CopiedFiles {
  readonly here: string;
  readonly there: string;
  readonly paths: readonly string[];
  /** Maximum number of bytes that a copy from the host takes, with 1 KiB for each file. Default: unlimited. */
  readonly maxBytes?: number;
}

export type Direction = 'to' | 'from';

/**
 * Copies files to a host or from it: by rsync where both sides have it, which goes on with what a lost connection has left, else
 * by tar through ssh. Both folders are made.
 * @throws StudioError disconnected or disk_full, in the words of the program
 */
export async function copyFiles(place: SshPlace, direction: Direction, files: CopiedFiles, signal?: AbortSignal) {
  if (files.paths.length === 0) return;
  await mkdir(files.here, { recursive: true });
  await ((await hasRsync(place)) ? copyByRsync : copyByTar)(place, direction, files, signal);
}

const withRsync = new Map<string, Promise<boolean>>();

/** Asked once a host; one that does not answer now is asked again. @throws StudioError disconnected */
function hasRsync(place: SshPlace): Promise<boolean> {
  const key = `${place.config}\0${place.host}`;
  const known = withRsync.get(key);
  if (known !== undefined) return known;
  const asked = (async () => (await runsRsync(runLocal)) && (await runsRsync(runRemote(place))))();
  withRsync.set(key, asked);
  asked.catch(() => withRsync.delete(key));
  return asked;
}

async function runsRsync(run: RunProgram): Promise<boolean> {
  try {
    return (await run(['rsync', '--version'])).code === 0;
  } catch (thrown) {
    if (thrown instanceof StudioError && thrown.code === 'not_found') return false;
    throw thrown;
  }
}

export async function copyByRsync(
  place: SshPlace,
  direction: Direction,
  { here, there, paths, maxBytes }: CopiedFiles,
  signal?: AbortSignal,
) {
  const remote = `${place.host}:${there}/`;
  const ends = direction === 'to' ? [`${here}/`, remote] : [remote, `${here}/`];
  await stream({
    // Names with spaces and quotes pass as they are; links are not followed and not made.
    words: limited(maxBytes, [
      'rsync',
      '--times',
      '--partial',
      '--protect-args',
      '--from0',
      '--files-from=-',
      '--rsh',
      rshWord(place),
      ...ends,
    ]),
    input: paths.join('\0'),
    place,
    signal,
  });
}

function rshWord({ config }: SshPlace): string {
  return sshWords(config).map(quoted).join(' ');
}

export async function copyByTar(
  place: SshPlace,
  direction: Direction,
  { here, there, paths, maxBytes }: CopiedFiles,
  signal?: AbortSignal,
) {
  const list = paths.join('\0');
  const [pack, unpack] = [
    ['--create', '--file=-', '--null', '--no-recursion'],
    ['--extract', '--file=-', '--no-same-owner'],
  ];
  if (direction === 'to') {
    const script = `mkdir -p ${quoted(there)} && tar --directory=${quoted(there)} ${unpack.join(' ')}`;
    await piped({
      first: ['tar', `--directory=${here}`, ...pack, '--files-from=-'],
      second: remoteCommand(place, script),
      input: list,
      place,
      signal,
    });
    return;
  }
  const script = `tar --directory=${quoted(there)} ${pack.join(' ')} --files-from=-`;
  await piped({
    first: remoteCommand(place, script),
    second: limited(maxBytes, ['tar', `--directory=${here}`, ...unpack]),
    input: list,
    place,
    signal,
    maxBytes: maxBytes === undefined ? undefined : maxBytes + archiveBytes(paths.length),
  });
}

/** Returns the bytes of an archive besides those of its files. */
function archiveBytes(files: number): number {
  return 2 ** 20 + 2048 * files;
}

/** The command, with a limit of the system for each file that it writes: an archive may describe files of holes. */
function limited(maxBytes: number | undefined, words: readonly string[]): readonly string[] {
  if (maxBytes === undefined) return words;
  const blocks = String(Math.ceil(maxBytes / 512) + 1);
  return ['sh', '-c', 'ulimit -f "$1"; shift; exec "$@"', 'coto', blocks, ...words];
}

/**
 * Unpacks the archive that a command of the host writes to its output.
 * @throws StudioError as `copyFiles`; refused where it sends more than `maxBytes`
 */
export async function streamFrom(
  place: SshPlace,
  words: readonly string[],
  { folder, maxBytes }: { readonly folder: string; readonly maxBytes: number },
  signal?: AbortSignal,
): Promise<void> {
  await piped({
    first: remoteCommand(place, words.map(quoted).join(' ')),
    second: limited(maxBytes, ['tar', `--directory=${folder}`, '--extract', '--file=-', '--no-same-owner']),
    input: '',
    place,
    signal,
    maxBytes,
  });
}

interface Streamed {
  readonly words: readonly string[];
  readonly input: string;
  readonly place: SshPlace;
  readonly signal: AbortSignal | undefined;
}

async function stream({ words, input, place, signal }: Streamed): Promise<void> {
  const { ended, stdin } = start(words, signal);
  stdin.end(input);
  const { code, said } = await ended;
  signal?.throwIfAborted();
  if (code !== 0) throw failure(place, said);
}

interface Piped extends Omit<Streamed, 'words'> {
  readonly first: readonly string[];
  readonly second: readonly string[];
  /** Maximum number of bytes that the first may write. */
  readonly maxBytes?: number | undefined;
}

async function piped({ first, second, input, place, signal, maxBytes }: Piped): Promise<void> {
  const [source, sink] = [start(first, signal), start(second, signal)];
  source.stdin.end(input);
  // One that ends early closes the pipe; its own words say why.
  let isOver = false;
  const counted = async function* (pieces: AsyncIterable<Uint8Array>) {
    let bytes = 0;
    for await (const piece of pieces) {
      bytes += piece.length;
      isOver = maxBytes !== undefined && bytes > maxBytes;
      if (isOver) break;
      yield piece;
    }
  };
  const through = pipeline(source.stdout, counted, sink.stdin)
    .catch(() => {})
    .finally(() => {
      if (isOver) source.end();
    });
  const ends = await Promise.all([source.ended, sink.ended]);
  await through;
  signal?.throwIfAborted();
  if (isOver)
    throw new StudioError(
      'refused',
      `${place.host} sent more than the ${formatBytes(maxBytes ?? 0)} that the files of this bundle can have.`,
      'Look at the folder of the bundle there: something else than its runs writes to it.',
    );
  const failed = ends.filter(({ code }) => code !== 0);
  if (failed.length > 0) throw failure(place, failed.map(({ said }) => said).join('\n'));
}

function start([program = '', ...words]: readonly string[], signal: AbortSignal | undefined) {
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], ...(signal === undefined ? {} : { signal }) });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-4096);
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<{ readonly code: number; readonly said: string }>((resolve) => {
    child.once('error', (error) => resolve({ code: 1, said: said || error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, said }));
  });
  return { ended, stdin: child.stdin, stdout: child.stdout satisfies Readable, end: () => child.kill('SIGKILL') };
}

function failure({ host }: SshPlace, said: string): StudioError {
  // Final lines only say that there was an error.
  const ends =
    /^(tar: (Exiting with failure status|Error is not recoverable)|rsync error:|rsync: connection unexpectedly).*$/gm;
  const words = lastLine(said.replaceAll(ends, '')) || lastLine(said);
  if (saysDiskIsFull(said))
    return new StudioError(
      'disk_full',
      `A copy to or from ${host} found no space left: ${words}.`,
      'Free some space, then resume the study: what was copied is kept.',
    );
  return new StudioError(
    'disconnected',
    `Files could not be copied to or from ${host}: ${words || 'no answer'}.`,
    `Try: ssh ${host} true. Then resume the study: what was copied is kept.`,
  );
}
