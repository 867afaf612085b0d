import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { EventLog } from '../../src-main/backend/tensorboard/event-log.ts';
import { childProcessChannel } from '../../src-main/transport/child-process.ts';
import { fewArenas, youngGenerationFlag } from '../../src-main/transport/heap-limits.ts';
import { events } from '../../src-shared/contract/events.ts';
import { requests } from '../../src-shared/contract/requests.ts';
import { type Client, connect } from '../../src-shared/rpc/connect.ts';
import { removeTemporaryFolders, tinyIdx, tinyResources } from '../backend/support.ts';

/** COTO_SOAK_JOBS and COTO_SOAK_ROWS make it shorter; after COTO_SOAK_MINUTES no further job is asked for. */
const jobCount = Number(process.env['COTO_SOAK_JOBS'] ?? 10_000);
const rowCount = Number(process.env['COTO_SOAK_ROWS'] ?? 1_000_000);
const minutes = Number(process.env['COTO_SOAK_MINUTES'] ?? Number.POSITIVE_INFINITY);
/** Jobs between two looks at memory: first from outside, then at what is held. */
const stride = Math.max(10, Math.floor(jobCount / 100));
const heldStride = 5 * stride;
/** Limit of memory growth in a thousand jobs, measurable only with at least this many. */
const maxSlope = 1;
const fewestJobs = 2000;
/** Jobs that wait at once. */
const queued = 20;
const mebibyte = 2 ** 20;
/** Limit of a process at the end. */
const maxMebibytes = 1024;

const contract = { requests, events };
const folder = mkdtempSync(join(tmpdir(), 'coto-soak-'));
const home = join(folder, 'home');
const dataset = tinyIdx();
let child: ChildProcess;
let client: Client<typeof contract>;

beforeAll(async () => {
  mkdirSync(home);
  child = fork(fileURLToPath(new URL('soak-backend.ts', import.meta.url)), [home, tinyResources()], {
    // Started like by the shell, plus the memory counter.
    execArgv: [youngGenerationFlag, '--expose-gc', '--import', new URL('soak-memory.ts', import.meta.url).href],
    env: { ...process.env, ...fewArenas },
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

/** Null: it has ended. */
function readOfProcess(id: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${id}/${file}`, 'utf8');
  } catch {
    return null;
  }
}

/** Resident memory of the backend and of each process below it, in bytes. */
function memory(): Map<number, number> {
  const found = new Map<number, number>();
  const visit = (id: number): void => {
    const status = readOfProcess(id, 'status');
    if (status === null) return;
    found.set(id, Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024);
    const children = readOfProcess(id, `task/${id}/children`)?.trim() ?? '';
    for (const below of children === '' ? [] : children.split(' ')) visit(Number(below));
  };
  visit(child.pid ?? 0);
  return found;
}

const heldSchema = z.object({ held: z.array(z.object({ isMain: z.boolean(), bytes: z.number() })) });

/** Bytes that the backend's threads hold after a garbage collection; null where the engine's did not answer. */
function heldBytes(): Promise<number | null> {
  return new Promise((resolve) => {
    const listener = (message: unknown): void => {
      const answer = heldSchema.safeParse(message);
      if (!answer.success) return;
      child.off('message', listener);
      const { held } = answer.data;
      resolve(held.length < 2 ? null : held.reduce((sum, { bytes }) => sum + bytes, 0));
    };
    child.on('message', listener);
    child.send('held?');
  });
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
  // Requests of the window while it shows Home and a run.
  const requestsOfWindow = {
    'jobs.list': () => client.request('jobs.list', { active: true }),
    'runs.list': () => client.request('runs.list', { archived: false }),
    'app.status': () => client.request('app.status', {}),
    'runs.curve': () => client.request('runs.curve', { id: curves?.id ?? '', metric: 'loss' }),
  };
  const latencies = new Map(Object.keys(requestsOfWindow).map((name) => [name, [] as number[]]));
  const seen: [number, Map<number, number>][] = [];
  const held: Promise<[number, number | null]>[] = [];
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
    if (done % heldStride === 0) {
      const at = done;
      held.push(heldBytes().then((bytes) => [at, bytes]));
    }
    if (asked < jobCount && performance.now() - started < minutes * 60_000) ask();
    else if (done === asked) resolve();
  });
  let over = false;
  const poll = async (): Promise<void> => {
    while (!over) {
      for (const [name, request] of Object.entries(requestsOfWindow)) {
        const started = performance.now();
        await request();
        latencies.get(name)?.push(performance.now() - started);
      }
      await new Promise((next) => setTimeout(next, 50));
    }
  };
  const polling = poll().catch(reject);
  const started = performance.now();
  for (let job = 0; job < Math.min(queued, jobCount); job++) ask();
  await promise;
  over = true;
  await polling;
  const seconds = (performance.now() - started) / 1000;

  // Memory has settled by then.
  const warmUp = done / 2;
  const settled = seen.filter(([at]) => at > warmUp);
  const [first, last] = [settled[0]?.[1], settled.at(-1)?.[1]];
  // Includes only processes that exist all the time: readers come and go.
  const slopes = Object.fromEntries(
    [...(first?.keys() ?? [])].flatMap((id): [string, number][] => {
      const points = settled.flatMap(([at, found]): [number, number][] => {
        const bytes = found.get(id);
        return bytes === undefined ? [] : [[at / 1000, bytes / mebibyte]];
      });
      return points.length < settled.length ? [] : [[id === child.pid ? 'backend' : `process ${id}`, slope(points)]];
    }),
  );
  const heldPoints = (await Promise.all(held)).flatMap(([at, bytes]): [number, number][] =>
    bytes === null ? [] : [[at / 1000, bytes / mebibyte]],
  );
  const heldSlope = slope(heldPoints.filter(([at]) => at * 1000 > warmUp));
  const all = [...latencies.values()].flat();
  const percentiles = (values: readonly number[]): number[] =>
    [0.5, 0.95, 1].map((share) => Number(percentile(values, share).toFixed(1)));
  const report = {
    jobs: done,
    seconds: Math.round(seconds),
    rows: rowCount,
    databaseBytesPerRow: bytesOfRows / rowCount,
    databaseBytesPerJob: (databaseBytes() - bytesBefore - bytesOfRows) / done,
    memoryMebibytes: [first, last].map((found) =>
      [...(found?.values() ?? [])].map((bytes) => Math.round(bytes / mebibyte)),
    ),
    backendMebibytes: seen.map(([, found]) => Math.round((found.get(child.pid ?? 0) ?? 0) / mebibyte)),
    slopesMebibytesPerThousandJobs: slopes,
    heldMebibytes: heldPoints.map(([, held]) => Number(held.toFixed(2))),
    heldSlopeMebibytesPerThousandJobs: heldSlope,
    requests: all.length,
    requestMilliseconds: percentiles(all),
    ...Object.fromEntries([...latencies].map(([name, values]) => [name, percentiles(values)])),
  };
  process.stdout.write(`soak: ${JSON.stringify(report)}\n`);
  const file = process.env['COTO_SOAK_REPORT'];
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(report)}\n`);
  if (done >= fewestJobs) {
    expect(heldPoints.length).toBeGreaterThan(2);
    expect(heldSlope, JSON.stringify(report)).toBeLessThan(maxSlope);
    expect(slopes['backend'], JSON.stringify(report)).toBeLessThan(maxSlope);
  }
  expect(Math.max(...[...(last?.values() ?? [])]) / mebibyte, JSON.stringify(report)).toBeLessThan(maxMebibytes);
  // Response times depend on the machine's load: they are reported, and only a standstill fails.
  expect(percentile(all, 0.95), JSON.stringify(report)).toBeLessThan(1000);
});
