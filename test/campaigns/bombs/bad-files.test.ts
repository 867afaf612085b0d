import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { childProcessChannel } from '../../../src-main/transport/child-process.ts';
import { events } from '../../../src-shared/contract/events.ts';
import { requests } from '../../../src-shared/contract/requests.ts';
import type { RandomStream } from '../../../src-shared/random.ts';
import { type Client, connect } from '../../../src-shared/rpc/connect.ts';
import { mutateBytes } from '../../fuzz/mutations.ts';
import { campaign } from '../campaign.ts';
import { type Ask, answersTo, badFiles, type Known } from './bad-files/ask.ts';
import { type BadFile, llamaResources } from './bad-files/bad-file.ts';
import { ProcessWatch, type Taken } from './bad-files/processes.ts';

/** COTO_BAD_FILES: only those whose name has this. */
const wanted = process.env['COTO_BAD_FILES'] ?? '';
const files = badFiles.filter(({ name }) => name.includes(wanted));
/** Files that are made in no time, and can be spoiled further. */
const light = files.filter(({ isHeavy, kind }) => isHeavy !== true && !['yaml', 'forecast'].includes(kind));
const isLinux = process.platform === 'linux';
const mebibyte = 2 ** 20;
/** Resident memory of the backend; of a reader, whose own limit is looked at twenty times a second. */
const [maxBackendBytes, maxReaderBytes] = [1024 * mebibyte, 3.5 * 1024 * mebibyte];
/** Processor time of the backend's main thread while one request waits. Unlike waiting, it is the same on a busy machine. */
const maxBlockedSeconds = 2;
/** Larger files are not spoiled: to write them again takes longer than to read them. */
const maxSpoiledBytes = 8 * mebibyte;

const contract = { requests, events };
const folder = mkdtempSync(join(tmpdir(), 'coto-bad-files-'));
const rows: { readonly name: string; readonly answer: string; readonly taken: Taken }[] = [];
let child: ChildProcess;
let client: Client<typeof contract>;
let known: Known;
const ask: Ask = (name, input) => client.request(name, input);

beforeAll(async () => {
  console.log('file | answer | backend s | blocked s | readers s | backend MiB | reader MiB');
  const home = join(folder, 'home');
  mkdirSync(home);
  const backend = fileURLToPath(new URL('../../long/soak-backend.ts', import.meta.url));
  child = fork(backend, [home, llamaResources(join(folder, 'resources'))], {
    serialization: 'advanced',
    execArgv: ['--max-old-space-size=1200'],
  });
  await once(child, 'message');
  client = connect(childProcessChannel(child), contract);
  const texts = join(folder, 'texts.csv');
  writeFileSync(
    texts,
    `text,label\n${Array.from({ length: 300 }, (_, at) => `${'a'.repeat(60)} ${at},${at % 2}\n`).join('')}`,
  );
  known = { texts: (await ask('datasets.add', { path: texts })).id };
});
afterAll(async () => {
  console.log(summary());
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    client.close();
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

const mebibytes = (bytes: number): string => String(Math.round(bytes / mebibyte));

function row({ name, answer, taken }: (typeof rows)[number]): string {
  return [
    name,
    answer.replaceAll(folder, '').replace(/[\n|]/g, ' ').slice(0, 110),
    taken.backendSeconds.toFixed(2),
    taken.blockedSeconds.toFixed(2),
    taken.readerSeconds.toFixed(2),
    mebibytes(taken.backendBytes),
    mebibytes(taken.readerBytes),
  ].join(' | ');
}

function summary(): string {
  const worst = (of: (taken: Taken) => number) => Math.max(0, ...rows.map(({ taken }) => of(taken)));
  const own = `${worst(({ backendSeconds }) => backendSeconds).toFixed(1)} s and ${mebibytes(worst(({ backendBytes }) => backendBytes))} MiB of the backend`;
  const below = `${worst(({ readerSeconds }) => readerSeconds).toFixed(1)} s and ${mebibytes(worst(({ readerBytes }) => readerBytes))} MiB of a reader`;
  return `${rows.length} bad files on ${cpus()[0]?.model}: at worst ${own}, ${below}`;
}

/** A file of the table in which bytes are spoiled as well: any answer will do, as long as it is one. */
const spoiled = (file: BadFile, random: RandomStream): BadFile => ({
  ...file,
  name: `${file.name}, spoiled`,
  says: /./,
  async make(own) {
    const given = await file.make(own);
    const regular = readdirSync(own, { recursive: true, encoding: 'utf8' })
      .map((name) => join(own, name))
      .filter((path) => {
        const { size, isFile } = statOf(path);
        return isFile && size > 0 && size < maxSpoiledBytes;
      });
    const path = regular.sort()[random.integer(Math.max(1, regular.length))];
    if (path !== undefined)
      writeFileSync(
        path,
        mutateBytes(readFileSync(path), () => random.uniform()),
      );
    return given;
  },
});

function statOf(path: string): { size: number; isFile: boolean } {
  const stat = lstatSync(path);
  return { size: stat.size, isFile: stat.isFile() };
}

test.runIf(isLinux)('a hostile file is answered in words, and takes little time and memory', () =>
  campaign({ campaign: 'bombs', part: 'files', counts: 'files', goal: 300 }, async (random, seed) => {
    const file =
      files[seed - 1] ??
      (wanted === '' ? spoiled(light[random.integer(light.length)] ?? expect.unreachable(), random) : null);
    if (file === null) return { files: 300 };
    const own = join(folder, String(seed));
    mkdirSync(own);
    try {
      const given = await file.make(own);
      const watch = new ProcessWatch(child.pid ?? 0, () => ask('app.status', {}));
      const answer = await answersTo(file, given, ask, known);
      // Whatever it was, others are answered.
      expect(await ask('app.status', {})).toMatchObject({});
      const taken = await watch.end();
      rows.push({ name: file.name, answer, taken });
      console.log(row({ name: file.name, answer, taken }));
      expect(answer, file.name).toMatch(file.says);
      expect(taken.backendBytes, file.name).toBeLessThan(maxBackendBytes);
      expect(taken.readerBytes, file.name).toBeLessThan(maxReaderBytes);
      expect(taken.blockedSeconds, file.name).toBeLessThan(maxBlockedSeconds);
      expect([child.exitCode, child.signalCode], file.name).toEqual([null, null]);
      return {
        files: 1,
        [answer === 'accepted' ? 'accepted' : 'refused']: 1,
        'most MiB of the backend': Math.round(taken.backendBytes / mebibyte),
        'most MiB of a reader': Math.round(taken.readerBytes / mebibyte),
        'most seconds that the backend was blocked': taken.blockedSeconds,
      };
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  }),
);
