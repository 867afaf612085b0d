import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventLog } from '../../src-main/backend/trackers/tensorboard/event-log.ts';
import { childProcessChannel } from '../../src-main/transport/child-process.ts';
import { youngGenerationFlag } from '../../src-main/transport/heap-limits.ts';
import { events } from '../../src-shared/contract/events.ts';
import { requests } from '../../src-shared/contract/requests.ts';
import { type Client, connect } from '../../src-shared/rpc/connect.ts';
import { removeTemporaryFolders, tinyIdx, tinyResources } from '../backend/support.ts';

/** COTO_SOAK_JOBS and COTO_SOAK_ROWS make it shorter. */
const jobCount = Number(process.env['COTO_SOAK_JOBS'] ?? 10_000);
const rowCount = Number(process.env['COTO_SOAK_ROWS'] ?? 1_000_000);
/** Jobs after which memory has settled, and between two looks at it. */
const warmUp = Math.min(1000, Math.floor(jobCount / 4));
const stride = Math.max(10, Math.floor(jobCount / 50));
/** Jobs that wait at once. */
const queued = 20;
const mebibyte = 2 ** 20;
/** Of a process at the end. */
const mostMebibytes = 1024;

const contract = { requests, events };
const folder = mkdtempSync(join(tmpdir(), 'coto-soak-'));
const home = join(folder, 'home');
const dataset = tinyIdx();
let child: ChildProcess;
let client: Client<typeof contract>;

beforeAll(async () => {
  mkdirSync(home);
  child = fork(fileURLToPath(new URL('soak-backend.ts', import.meta.url)), [home, tinyResources()], {
    // As the shell starts it.
    execArgv: [youngGenerationFlag],
    serialization: 'advanced',
  });
  await once(child, 'message');
  client = connect(childProcessChannel(child), contract);
  await client.request('settings.set', { forgetting: false });
});
afterAll(async () => {
  const ended = once(child, 'exit');
  client.close();
  await ended;
  rmSync(folder, { recursive: true, force: true });
  removeTemporaryFolders();
});

/** Resident memory of the backend and of each process below it, in bytes. */
function memory(): Map<number, number> {
  const found = new Map<number, number>();
  const visit = (id: number): void => {
    const status = readFileSync(`/proc/${id}/status`, 'utf8');
    found.set(id, Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024);
    const children = readFileSync(`/proc/${id}/task/${id}/children`, 'utf8').trim();
    for (const below of children === '' ? [] : children.split(' ')) visit(Number(below));
  };
  visit(child.pid ?? 0);
  return found;
}

/** Least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const above = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  return above / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((one, other) => one - other)[Math.floor(share * (values.length - 1))] ?? 0;
}

const databaseBytes = (): number =>
  ['', '-wal'].reduce(
    (sum, suffix) => sum + (statSync(join(home, `studio.sqlite${suffix}`), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

test('a million rows of metrics, and ten thousand short jobs, keep memory bounded and requests quick', async () => {
  const bytesBefore = databaseBytes();
  const runs = 10;
  for (let run = 0; run < runs; run++) {
    const log = new EventLog(join(folder, 'events', `run-${run}`), { firstStep: 0, settings: {} });
    const steps = Int32Array.from({ length: Math.floor(rowCount / runs / 2) }, (_, step) => step);
    for (const name of ['loss', 'learning_rate'])
      log.add([{ name, steps, values: Float64Array.from(steps, (step) => 1 / (step + run + 1)) }]);
    log.flush();
  }
  const imported = await client.request('runs.import', { path: join(folder, 'events') });
  expect(imported.runs).toHaveLength(runs);
  const bytesOfRows = databaseBytes() - bytesBefore;

  const [curves] = imported.runs;
  const latencies: number[] = [];
  const seen: [number, Map<number, number>][] = [];
  let [done, asked] = [0, 0];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const ask = (): void => {
    asked++;
    client.request('evaluate.start', { model: 'tiny', dataset, eval_samples: 1 }).catch(reject);
  };
  client.on('job.changed', ({ status, error }) => {
    if (status === 'failed' || status === 'interrupted') reject(new Error(error?.message));
    if (status !== 'completed') return;
    done++;
    if (done % stride === 0) seen.push([done, memory()]);
    if (asked < jobCount) ask();
    else if (done === jobCount) resolve();
  });
  // What the window asks for while it shows Home and a run.
  let over = false;
  const poll = async (): Promise<void> => {
    while (!over) {
      for (const request of [
        () => client.request('jobs.list', { active: true }),
        () => client.request('runs.list', { archived: false }),
        () => client.request('app.status', {}),
        () => client.request('runs.curve', { id: curves?.id ?? '', metric: 'loss' }),
      ]) {
        const started = performance.now();
        await request();
        latencies.push(performance.now() - started);
      }
      await new Promise((next) => setTimeout(next, 50));
    }
  };
  const polling = poll().catch(reject);
  for (let job = 0; job < Math.min(queued, jobCount); job++) ask();
  const started = performance.now();
  await promise;
  over = true;
  await polling;
  const seconds = (performance.now() - started) / 1000;

  const settled = seen.filter(([at]) => at > warmUp);
  const processes = new Set(settled.flatMap(([, found]) => [...found.keys()]));
  const slopes = [...processes].map((id) => {
    const points = settled.flatMap(([at, found]): [number, number][] => {
      const bytes = found.get(id);
      return bytes === undefined ? [] : [[at / 1000, bytes / mebibyte]];
    });
    return slope(points);
  });
  const [first, last] = [settled[0]?.[1], settled.at(-1)?.[1]];
  const report = {
    jobs: jobCount,
    seconds: Math.round(seconds),
    rows: rowCount,
    databaseBytesPerRow: bytesOfRows / rowCount,
    databaseBytesPerJob: (databaseBytes() - bytesBefore - bytesOfRows) / jobCount,
    memoryMebibytes: [first, last].map((found) =>
      [...(found?.values() ?? [])].map((bytes) => Math.round(bytes / mebibyte)),
    ),
    slopesMebibytesPerThousandJobs: slopes,
    requests: latencies.length,
    requestMilliseconds: [0.5, 0.95, 1].map((share) => Number(percentile(latencies, share).toFixed(1))),
  };
  process.stdout.write(`soak: ${JSON.stringify(report)}\n`);
  const file = process.env['COTO_SOAK_REPORT'];
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(report)}\n`);
  expect(slopes.length).toBeGreaterThan(0);
  expect(Math.max(...[...(last?.values() ?? [])]) / mebibyte, JSON.stringify(report)).toBeLessThan(mostMebibytes);
  // How long requests take depends on what else the machine does: it is reported, and only a standstill fails.
  expect(percentile(latencies, 0.95), JSON.stringify(report)).toBeLessThan(1000);
});
