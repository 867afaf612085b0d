import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { z } from 'zod';

/** The sources, or what COTO_COMMAND names: `dist/cli/coto.mjs`, once built, starts in a third of the processor time. */
const script = process.env['COTO_COMMAND'] ?? fileURLToPath(new URL('../../src-main/cli/coto.ts', import.meta.url));

export interface Ended {
  readonly isKilled: boolean;
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly milliseconds: number;
}

/** `coto` in a process of its own, killed after so many milliseconds if it has not ended by then. */
export async function cotoProcess(home: string, words: readonly string[], killAfter = Infinity): Promise<Ended> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [script, ...words], {
    env: { ...process.env, COTO_STUDIO_HOME: home },
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
  if (Number.isFinite(killAfter))
    void wait(killAfter, undefined, { signal: over.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
  const [code, signal] = z.tuple([z.number().nullable(), z.string().nullable()]).parse(await closed);
  over.abort();
  return { isKilled: signal === 'SIGKILL', code, out, err, milliseconds: performance.now() - startedAt };
}

const named = z.object({ folder: z.string() });

/** What lies in a home, closed by now, that no row of its database names, and what rows name that does not lie there. */
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
  ]);
  database.close();
  const found = ['adapters', 'runs', 'models'].flatMap((folder) => children(home, folder));
  const checkpoints = children(home, 'runs').flatMap((run) => children(home, `${run}/checkpoints`));
  const half = readdirSync(home, { recursive: true })
    .map(String)
    .filter((name) => /\.(tmp|part|partial)($|\/)/.test(name));
  return [
    ...[...found, ...checkpoints].filter((path) => !rows.has(path)).map((path) => `no row names ${path}`),
    ...[...rows]
      .filter((path) => /^(adapters|runs\/.*)\//.test(path) && !existsSync(join(home, path)))
      .map((path) => `${path} is gone`),
    ...half.map((path) => `${path} was left`),
  ];
}

function children(home: string, folder: string): string[] {
  const path = join(home, folder);
  return existsSync(path) ? readdirSync(path).map((name) => `${folder}/${name}`) : [];
}
