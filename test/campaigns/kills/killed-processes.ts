import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { z } from 'zod';
import { type Backend, createBackend, startEngine } from '../../../src-main/backend/index.ts';
import { resourcesDirectory } from '../../../src-main/cli/studio.ts';
import type { RandomStream } from '../../../src-shared/random.ts';
import type { Tally } from '../campaign.ts';

/** The sources, or what COTO_COMMAND names: `dist/cli/coto.mjs`, once built, starts in a third of the processor time. */
const script = process.env['COTO_COMMAND'] ?? fileURLToPath(new URL('../../../src-main/cli/coto.ts', import.meta.url));

/** Moment of the kill: after some time, or at a certain call (mortal-process.ts). */
export type Death = { readonly milliseconds: number } | { readonly call: number };

export interface Ended {
  readonly isKilled: boolean;
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly milliseconds: number;
  /** Calls counted by mortal-process.ts; 0 without it. */
  readonly calls: number;
  /** At which call it was killed. */
  readonly killedAt: string | null;
}

const mortal = new URL('mortal-process.ts', import.meta.url).href;

/** `coto` in a process of its own, killed there if it has not ended by then; `counted`: only its calls are. */
export async function cotoProcess(
  home: string,
  words: readonly string[],
  death?: Death | 'counted',
  command: string = script,
): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'coto-calls-'));
  const calls = join(folder, 'calls');
  const counted = { COTO_TEST_CALLS: calls, NODE_OPTIONS: `--import ${mortal}` };
  const byClock = typeof death === 'object' && 'milliseconds' in death ? death.milliseconds : null;
  const startedAt = performance.now();
  const child = spawn(process.execPath, [command, ...words], {
    env: {
      ...process.env,
      COTO_STUDIO_HOME: home,
      ...(death === undefined || byClock !== null ? {} : counted),
      ...(typeof death === 'object' && 'call' in death ? { COTO_TEST_KILL_AT: String(death.call) } : {}),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const closed = once(child, 'close');
  const over = new AbortController();
  if (byClock !== null)
    void wait(byClock, undefined, { signal: over.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
  const [code, signal] = z.tuple([z.number().nullable(), z.string().nullable()]).parse(await closed);
  over.abort();
  const ended = {
    isKilled: signal === 'SIGKILL',
    code,
    out,
    err,
    milliseconds: performance.now() - startedAt,
    calls: statSync(calls, { throwIfNoEntry: false })?.size ?? 0,
    killedAt: existsSync(`${calls}.killed`) ? readFileSync(`${calls}.killed`, 'utf8') : null,
  };
  rmSync(folder, { recursive: true });
  return ended;
}

/** Opens a home as the next command would, in this process (a start costs more than that), and closes it. */
export async function reopened<Seen>(home: string, look: (backend: Backend) => Promise<Seen>): Promise<Seen> {
  const backend = await createBackend({ home, resourcesDirectory, startEngine, takeUpQueue: false });
  try {
    return await look(backend);
  } finally {
    await backend.close();
  }
}

/** Draws where to kill a process that takes about `share` of what an undisturbed one took: three times of four at a call. */
export function drawDeath(random: RandomStream, undisturbed: Ended, share = 1): Death {
  const at = random.uniform() * share;
  return random.uniform() < 0.75
    ? { call: 1 + Math.floor(at * undisturbed.calls) }
    : { milliseconds: at * undisturbed.milliseconds };
}

/** Tally of a kill, by the kind of call at which it happened; of nothing if the process ended before. */
export function killTally({ isKilled, killedAt }: Ended): Tally {
  if (!isKilled) return {};
  const place =
    killedAt === null
      ? 'a time'
      : killedAt.startsWith('database.')
        ? 'the database'
        : /^(thread|worker|process)\./.test(killedAt)
          ? 'a message'
          : 'a file';
  return { kills: 1, [`at ${place}`]: 1 };
}

const named = z.object({ folder: z.string() });

/**
 * Lists the files of a closed home that no row of its database names, and missing files that rows name. Excludes the
 * folder of a run, which is created when the run starts.
 */
export function disagreements(home: string): string[] {
  const database = new SqliteDatabase(join(home, 'studio.sqlite'), { readonly: true });
  const column = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => named.parse(row).folder);
  const rows = new Set([
    ...column('SELECT folder FROM adapters'),
    ...column('SELECT folder FROM runs'),
    ...column('SELECT folder FROM checkpoints'),
    ...column('SELECT path AS folder FROM models').map((path) => path.replace(`${home}/`, '')),
    ...column('SELECT id AS folder FROM reports').map((id) => `reports/${id}`),
  ]);
  const active = database.prepare("SELECT kind || ' is ' || status AS folder FROM jobs WHERE status = 'running'").all();
  database.close();
  const found = ['adapters', 'runs', 'models', 'reports'].flatMap((folder) => children(home, folder));
  const checkpoints = children(home, 'runs').flatMap((run) => children(home, `${run}/checkpoints`));
  const half = readdirSync(home, { recursive: true })
    .map(String)
    .filter((name) => /\.(tmp|part|partial)($|\/)/.test(name));
  return [
    ...[...found, ...checkpoints].filter((path) => !rows.has(path)).map((path) => `no row names ${path}`),
    ...[...rows]
      .filter((path) => /^(adapters|models|reports|runs\/.*)\//.test(path) && !existsSync(join(home, path)))
      .map((path) => `${path} is gone`),
    ...half.map((path) => `${path} was left`),
    ...active.map((row) => named.parse(row).folder),
  ];
}

function children(home: string, folder: string): string[] {
  const path = join(home, folder);
  return existsSync(path) ? readdirSync(path).map((name) => `${folder}/${name}`) : [];
}
