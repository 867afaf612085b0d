import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { childProcessChannel } from '../../src-main/transport/child-process.ts';
import { events } from '../../src-shared/contract/events.ts';
import { requests } from '../../src-shared/contract/requests.ts';
import { type Client, connect } from '../../src-shared/rpc/connect.ts';
import { type Ask, answersTo, badFiles, type Known } from './bad-files/ask.ts';
import { llamaResources } from './bad-files/bad-file.ts';
import { ProcessWatch, type Taken } from './bad-files/processes.ts';

/** COTO_BAD_FILES: only those whose name has this. */
const wanted = process.env['COTO_BAD_FILES'] ?? '';
const isLinux = process.platform === 'linux';
const mebibyte = 2 ** 20;
/** Resident memory of the backend; of a reader, whose own limit is looked at twenty times a second. */
const [maxBackendBytes, maxReaderBytes] = [1024 * mebibyte, 3.5 * 1024 * mebibyte];

const contract = { requests, events };
const folder = mkdtempSync(join(tmpdir(), 'coto-bad-files-'));
const rows: { readonly name: string; readonly answer: string; readonly taken: Taken }[] = [];
let child: ChildProcess;
let client: Client<typeof contract>;
let known: Known;
const ask: Ask = (name, input) => client.request(name, input);

beforeAll(async () => {
  console.log('file | answer | backend s | readers s | backend MiB | reader MiB');
  const home = join(folder, 'home');
  mkdirSync(home);
  const backend = fileURLToPath(new URL('soak-backend.ts', import.meta.url));
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

for (const [at, file] of badFiles.entries())
  test.runIf(isLinux && file.name.includes(wanted))(file.name, async () => {
    const own = join(folder, String(at));
    mkdirSync(own);
    const given = await file.make(own);
    const watch = new ProcessWatch(child.pid ?? 0);
    const answer = await answersTo(file, given, ask, known);
    // Whatever it was, others are answered.
    expect(await ask('app.status', {})).toMatchObject({});
    const taken = watch.end();
    rows.push({ name: file.name, answer, taken });
    console.log(row({ name: file.name, answer, taken }));
    rmSync(own, { recursive: true, force: true });
    expect(answer).toMatch(file.says);
    expect(taken.backendBytes).toBeLessThan(maxBackendBytes);
    expect(taken.readerBytes).toBeLessThan(maxReaderBytes);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  });
