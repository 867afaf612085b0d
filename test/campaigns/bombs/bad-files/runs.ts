import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { slowKey } from './adapters.ts';
import type { BadFile } from './bad-file.ts';

const mebibyte = 2 ** 20;

const runs = (
  name: string,
  file: string,
  content: () => string | Uint8Array,
  says: RegExp,
  isHeavy?: true,
): BadFile => ({
  name: `runs: ${name}`,
  kind: 'runs',
  make(folder) {
    const path = join(folder, file);
    writeFileSync(path, content());
    return path;
  },
  says,
  ...(isHeavy === undefined ? {} : { isHeavy }),
});

const yaml = (name: string, text: () => string, says: RegExp, isHeavy?: true): BadFile => ({
  name: `YAML: ${name}`,
  kind: 'yaml',
  make: text,
  says,
  ...(isHeavy === undefined ? {} : { isHeavy }),
});

/** The configs of a forecast, as JSON. */
const forecast = (name: string, count: number, adapter: object, says: RegExp, isHeavy?: true): BadFile => ({
  name: `runs: ${name}`,
  kind: 'forecast',
  make: () =>
    JSON.stringify(
      Array.from({ length: count }, (_, at) => ({
        model: 'small-llama',
        max_steps: at + 1,
        dataset: 'texts',
        adapter,
      })),
    ),
  says,
  ...(isHeavy === undefined ? {} : { isHeavy }),
});

const slowKeys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [slowKey(at), 2]));
const bomb = `a0: &a0 [x, x]\n${Array.from({ length: 40 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`).join('\n')}\n`;
const logged = (count: number) =>
  `{"log_history":[${Array.from({ length: count }, (_, step) => `{"step":${step},"loss":1,"grad_norm":2}`).join()}]}`;

function gguf(...counts: readonly bigint[]): Buffer {
  const head = Buffer.alloc(8);
  head.write('GGUF');
  head.writeUInt32LE(3, 4);
  const numbers = Buffer.alloc(8 * counts.length);
  for (const [at, count] of counts.entries()) numbers.writeBigUInt64LE(count, 8 * at);
  return Buffer.concat([head, numbers]);
}

const converted = (name: string, content: () => Uint8Array): BadFile => ({
  name: `GGUF: ${name}`,
  kind: 'gguf',
  make(folder) {
    const path = join(folder, 'x.gguf');
    writeFileSync(path, content());
    return path;
  },
  says: /x\.gguf/,
});

export const badRuns: readonly BadFile[] = [
  yaml('a list of 0.5 MB', () => `tags: [${'a,'.repeat(mebibyte / 4 - 10)}]`, /tags/, true),
  yaml('a list of 2 MB', () => `tags: [${'a,'.repeat(mebibyte)}]`, /larger than 0\.5 MiB/),
  yaml('aliases that multiply', () => bomb, /alias|YAML/),
  yaml('200 000 brackets', () => '['.repeat(200_000), /YAML/, true),
  yaml(
    'a slow key',
    () => `model: small-llama\ndataset: texts\nadapter:\n  rank_pattern:\n    "${slowKey(1)}": 2\n`,
    /accepted/,
  ),
  forecast('a forecast with 5 slow keys', 1, { rank_pattern: slowKeys(5) }, /accepted|rank_pattern/, true),
  forecast('a forecast with 60 slow keys', 1, { rank_pattern: slowKeys(60) }, /accepted|rank_pattern/, true),
  forecast('a forecast of 500 runs with slow targets', 500, { target_modules: '(([a-z_.0-9]+)+)+' }, /./, true),
  forecast(
    'a forecast of 300 runs, each just quick enough',
    300,
    { target_modules: `${'[a-z._0-9]*'.repeat(3)}q_proj` },
    /./,
    true,
  ),
  runs('trainer_state.json of 60 MB', 'trainer_state.json', () => logged(1_300_000), /^accepted/, true),
  runs(
    'trainer_state.json of brackets',
    'trainer_state.json',
    () => '['.repeat(20 * mebibyte),
    /trainer_state\.json|of memory/,
    true,
  ),
  runs(
    'trainer_state.json with NaN in 40 MB of blanks',
    'trainer_state.json',
    () =>
      `{"log_history":[{"step":1,"loss":${' '.repeat(100_000)}NaN},{"step":2,"loss":${', '.repeat(20 * mebibyte)}]}`,
    /trainer_state\.json/,
    true,
  ),
  runs('events cut off', 'events.out.tfevents.1.x', () => Buffer.from('1800000000000000a37f4b22', 'hex'), /./),
  runs(
    'events whose record states 2⁶³ bytes',
    'events.out.tfevents.1.x',
    () => Buffer.from('ffffffffffffff7f00000000', 'hex'),
    /events\.out/,
  ),
  runs('a database that is none', 'x.db', () => 'SQLite format 3\0'.padEnd(4096, 'x'), /x\.db/),
  {
    name: 'runs: a database whose metrics are a view that counts for ever',
    kind: 'runs',
    make(folder) {
      const path = join(folder, 'x.db');
      const database = new SqliteDatabase(path);
      database.exec(
        `CREATE VIEW metrics(id, run_name, step, metrics, timestamp) AS
           WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n, 'a', n, '{}', '' FROM c`,
      );
      database.close();
      return path;
    },
    says: /x\.db/,
  },
  {
    name: 'runs: 3000 folders with a run each',
    kind: 'runs',
    make(folder) {
      for (let at = 0; at < 3000; at++) {
        mkdirSync(join(folder, `run-${at}`));
        writeFileSync(join(folder, `run-${at}`, 'trainer_state.json'), logged(3));
      }
      return folder;
    },
    says: /^accepted/,
    isHeavy: true,
  },
  converted('no header', () => Buffer.from('GGUF')),
  converted('2⁶⁰ tensors and keys', () => gguf(2n ** 60n, 2n ** 60n)),
  converted('a key of 2⁶⁰ bytes', () => gguf(0n, 1n, 2n ** 60n)),
];
