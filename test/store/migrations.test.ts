import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { migrate, NewerDatabaseError, schemaVersion } from '../../src-main/store/migrate.ts';
import { migrations } from '../../src-main/store/migrations/index.ts';
import { newestColumns } from '../../src-main/store/newest-columns.ts';
import { openStore } from '../../src-main/store/open-store.ts';

const opened: Database[] = [];
afterEach(() => {
  for (const database of opened.splice(0)) database.close();
});

function databaseAt(version: number): Database {
  const database = new SqliteDatabase(':memory:');
  opened.push(database);
  database.pragma('foreign_keys = ON');
  migrate(database, migrations, version);
  expect(schemaVersion(database)).toBe(version);
  return database;
}

function tables(database: Database): unknown[] {
  return database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .pluck()
    .all();
}

const insertModel = `INSERT INTO models (id, name, path, bundled, provenance, description, created_at)
  VALUES ('m', 'Model', '/m', 0, NULL, '{}', 5)`;
const insertDataset = `INSERT INTO datasets (id, name, bundled, licence, provenance, source, description, created_at)
  VALUES ('d', 'Data', 1, 'MIT', NULL, '{}', '{}', 6)`;
const insertRun = `INSERT INTO runs (id, name, status, config, model_id, dataset_id, tags, note, starred, archived, step, folder, created_at)
  VALUES ('r', 'Run', 'queued', '{}', 'm', 'd', '[]', '', 0, 0, 0, 'runs/r', 7)`;

describe('migrations', () => {
  it('are numbered in tens, upwards', () => {
    const versions = migrations.map((migration) => migration.version);
    expect(versions.every((version) => version % 10 === 0)).toBe(true);
    expect(versions).toEqual([...new Set(versions)].sort((left, right) => left - right));
  });

  it('make the columns that a start looks for', () => {
    const database = databaseAt(migrations.at(-1)?.version ?? 0);
    const made = tables(database).map((table) => {
      const columns = database.prepare(`SELECT name FROM pragma_table_info('${table}') ORDER BY cid`).pluck().all();
      return [table, columns.join(', ')];
    });
    expect(newestColumns).toEqual(Object.fromEntries(made));
  });

  it('0010 makes the tables of models and datasets out of nothing', () => {
    const database = databaseAt(10);
    expect(tables(database)).toEqual(['datasets', 'descriptions', 'models', 'settings']);
    expect(() => database.exec(insertModel.replace("'/m', 0", "'/m', 2"))).toThrow(/CHECK/);
    expect(() => database.exec(insertModel.replace('5)', "'five')"))).toThrow(/INTEGER/);
  });

  it('0020 adds runs and keeps models and datasets as they were', () => {
    const database = databaseAt(10);
    database.exec(`${insertModel}; ${insertDataset};`);
    const before = [database.prepare('SELECT * FROM models').all(), database.prepare('SELECT * FROM datasets').all()];
    migrate(database, migrations, 20);
    expect([database.prepare('SELECT * FROM models').all(), database.prepare('SELECT * FROM datasets').all()]).toEqual(
      before,
    );
    database.exec(insertRun);
    database.exec("INSERT INTO metrics VALUES ('r', 'loss', 0, 1.5)");
    expect(() => database.exec("DELETE FROM models WHERE id = 'm'")).toThrow(/FOREIGN KEY/);
    database.exec("DELETE FROM runs WHERE id = 'r'");
    expect(database.prepare('SELECT count(*) FROM metrics').pluck().get()).toBe(0);
  });

  it('0030 adds adapters and keeps runs with their history', () => {
    const database = databaseAt(20);
    database.exec(`${insertModel}; ${insertDataset}; ${insertRun};
      INSERT INTO metrics VALUES ('r', 'loss', 0, 1.5);
      INSERT INTO masks VALUES ('r', 0, 1, 8, x'ff');
      INSERT INTO run_log (run_id, at, level, text) VALUES ('r', 1, 'info', 'hello');
      INSERT INTO checkpoints VALUES ('r', 'runs/r/checkpoints/last', 'last', 3, NULL, 1);`);
    const names = ['runs', 'metrics', 'masks', 'run_log', 'checkpoints'];
    const before = names.map((name) => database.prepare(`SELECT * FROM ${name}`).all());
    migrate(database, migrations, 30);
    expect(names.map((name) => database.prepare(`SELECT * FROM ${name}`).all())).toEqual(before);
    expect(tables(database)).toContain('adapters');
  });

  it('0040 adds studies, jobs and reports and keeps adapters', () => {
    const database = databaseAt(30);
    database.exec(`${insertModel};
      INSERT INTO adapters (id, name, folder, model_id, variant, r, lora_alpha, target_modules, layers, modules_to_save, origin,
        parameter_count, size_bytes, sha256, created_at, archived)
      VALUES ('a', 'A', 'adapters/a', 'm', 'lora', 4, 8, '[]', '[]', '[]', '{}', 1, 2, 'ff', 3, 0);`);
    const before = database.prepare('SELECT * FROM adapters').all();
    migrate(database, migrations, 40);
    expect(database.prepare('SELECT * FROM adapters').all()).toEqual(before);
    expect(tables(database)).toEqual(
      expect.arrayContaining(['studies', 'jobs', 'job_dependencies', 'job_results', 'reports']),
    );
  });

  it('0050 moves the parameters of adapters below parameters and renames two keys', () => {
    const database = databaseAt(40);
    const fields = {
      target_modules: ['q_proj'],
      exclude_modules: null,
      layers_to_transform: null,
      modules_to_save: null,
    };
    const parameters = {
      r: 4,
      lora_alpha: 8,
      lora_dropout: 0,
      rank_pattern: { q_proj: 2 },
      alpha_pattern: {},
      init_lora_weights: 'kaiming',
    };
    const run = { seed: 1, length_normalised: false, adapter: { variant: 'dora', ...fields, ...parameters } };
    const merge = { name: 'm', method: 'dare-linear', parameters: { density: 0.5, normalise: true } };
    const study = { kind: 'pruning', adapters: [{ label: 'a', adapter: { runId: 'r' } }] };
    const evaluation = { request: { dataset: 'd', length_normalised: true } };
    const insert = (table: string, row: Record<string, unknown>) =>
      database
        .prepare(`INSERT INTO ${table} (${Object.keys(row)}) VALUES (${Object.keys(row).map((name) => `@${name}`)})`)
        .run(row);
    database.exec(`${insertModel}; ${insertDataset}; ${insertRun}`);
    database.prepare("UPDATE runs SET config = ? WHERE id = 'r'").run(JSON.stringify(run));
    const job = { title: '', status: 'queued', created_at: 1 };
    insert('jobs', { ...job, sequence: 1, id: 'm', kind: 'merge', payload: JSON.stringify(merge) });
    insert('jobs', { ...job, sequence: 2, id: 'e', kind: 'evaluate', payload: JSON.stringify(evaluation) });
    const record = { id: 's', name: 's', kind: 'pruning', status: 'queued', created_at: 1 };
    insert('studies', { ...record, config: JSON.stringify(study) });
    migrate(database, migrations, 50);
    const stored = (query: string) => JSON.parse(String(database.prepare(query).pluck().get()));
    expect(stored("SELECT config FROM runs WHERE id = 'r'")).toEqual({
      seed: 1,
      length_normalized: false,
      adapter: { variant: 'dora', ...fields, parameters },
    });
    expect(stored("SELECT payload FROM jobs WHERE id = 'm'")).toEqual({
      ...merge,
      parameters: { density: 0.5, normalize: true },
    });
    expect(stored("SELECT payload FROM jobs WHERE id = 'e'")).toEqual({
      request: { dataset: 'd', length_normalized: true },
    });
    expect(stored('SELECT config FROM studies')).toEqual(study);
  });

  it('0060 keeps rank and alpha of adapters as parameters', () => {
    const database = databaseAt(50);
    database.exec(`${insertModel};
      INSERT INTO adapters (id, name, folder, model_id, variant, r, lora_alpha, target_modules, layers, modules_to_save, origin,
        parameter_count, size_bytes, sha256, created_at, archived)
      VALUES ('a', 'A', 'adapters/a', 'm', 'lora', 4, 2.5, '[]', '[]', '[]', '{}', 1, 2, 'ff', 3, 0);`);
    migrate(database, migrations, 60);
    expect(database.prepare('SELECT id, variant, parameters, sha256 FROM adapters').all()).toEqual([
      { id: 'a', variant: 'lora', parameters: '{"r":4,"lora_alpha":2.5}', sha256: 'ff' },
    ]);
  });

  it('0080 folds metrics by 64 steps and keeps their values', () => {
    const database = databaseAt(70);
    database.exec(`${insertModel}; ${insertDataset}; ${insertRun};
      INSERT INTO metrics VALUES ('r', 'loss', 0, 2), ('r', 'loss', 10, 1), ('r', 'loss', 63, 3), ('r', 'loss', 64, 5),
        ('r', 'loss', 65, 9e999), ('r', 'eval_loss', 200, 0.5), ('r', 'p', 3, -9e999);`);
    const before = database.prepare('SELECT * FROM metrics').all();
    migrate(database, migrations, 80);
    expect(database.prepare('SELECT * FROM metrics').all()).toEqual(before);
    expect(database.prepare('SELECT * FROM metric_buckets').raw().all()).toEqual([
      ['r', 'eval_loss', 3, 1, 200, 200, 0.5, 0.5, 0.5],
      ['r', 'loss', 0, 3, 73 / 3, 63, 1, 3, 2],
      ['r', 'loss', 1, 1, 64, 64, 5, 5, 5],
    ]);
    database.exec("DELETE FROM runs WHERE id = 'r'");
    expect(database.prepare('SELECT count(*) FROM metric_buckets').pluck().get()).toBe(0);
  });

  it('0090 lets adapters have a base that is not in the studio', () => {
    const database = databaseAt(80);
    const columns = `INSERT INTO adapters (id, name, folder, model_id, variant, parameters, target_modules, layers, modules_to_save,
        origin, parameter_count, size_bytes, sha256, created_at, archived)`;
    database.exec(`${insertModel};
      ${columns} VALUES ('a', 'A', 'adapters/a', 'm', 'lora', '{"r":4}', '["q"]', '[0]', '[]', '{}', 1, 2, 'ff', 3, 0);`);
    const before = database.prepare('SELECT * FROM adapters').all();
    migrate(database, migrations, 90);
    expect(database.prepare('SELECT * FROM adapters').all()).toEqual(
      before.map((row) => ({ ...Object(row), foreign_base: null })),
    );
    const foreign = columns.replace('model_id', 'foreign_base');
    database.exec(
      `${foreign} VALUES ('b', 'B', 'adapters/b', '{}', 'lora', '{}', '[]', '[]', '[]', '{}', 1, 2, 'ff', 3, 0);`,
    );
    expect(() => database.exec("UPDATE adapters SET model_id = 'm' WHERE id = 'b'")).toThrow(/CHECK/);
    expect(() => database.exec("DELETE FROM models WHERE id = 'm'")).toThrow(/FOREIGN KEY/);
  });

  it('0130 keeps pairs of adapters by content', () => {
    const database = databaseAt(120);
    migrate(database, migrations, 130);
    const insert = database.prepare("INSERT INTO adapter_pairs VALUES ('k', '{}', '[]', 1)");
    insert.run();
    expect(() => insert.run()).toThrow(/UNIQUE/);
  });

  it('0140 gives adapters of runs the metrics of their evaluation', () => {
    const database = databaseAt(130);
    database.exec(insertModel);
    const columns = `INSERT INTO adapters (id, name, folder, model_id, variant, parameters, target_modules, layers, modules_to_save,
        origin, accuracy, parameter_count, size_bytes, sha256, created_at, archived)`;
    const add = (id: string, origin: object, accuracy: number | null) =>
      database
        .prepare(`${columns} VALUES (?, ?, ?, 'm', 'lora', '{}', '[]', '[]', '[]', ?, ?, 1, 2, 'ff', 3, 0)`)
        .run(id, id, `adapters/${id}`, JSON.stringify(origin), accuracy);
    const metric = database.prepare('INSERT INTO metrics (run_id, name, step, value) VALUES (?, ?, ?, ?)');
    database.pragma('foreign_keys = OFF');
    for (const [name, step, value] of [
      ['eval_loss', 20, 1.5],
      ['eval_accuracy', 20, 0.3],
      ['eval_perplexity', 10, 9],
      ['eval_perplexity', 20, 4.5],
    ] as const)
      metric.run('r', name, step, value);
    add('last', { kind: 'run', runId: 'r', step: 20 }, 0.3);
    add('unscored', { kind: 'run', runId: 'r', step: 20 }, null);
    add('imported', { kind: 'import', path: '/x' }, 0.5);
    migrate(database, migrations, 140);
    expect(database.prepare('SELECT id, metrics FROM adapters ORDER BY id').all()).toEqual([
      { id: 'imported', metrics: '{}' },
      { id: 'last', metrics: '{"perplexity":4.5}' },
      { id: 'unscored', metrics: '{}' },
    ]);
  });

  it('0150 gives adapters no tags and no star', () => {
    const database = databaseAt(140);
    database.exec(`${insertModel};
      INSERT INTO adapters (id, name, folder, model_id, variant, parameters, target_modules, layers, modules_to_save,
        origin, parameter_count, size_bytes, sha256, created_at, archived)
      VALUES ('a', 'A', 'adapters/a', 'm', 'lora', '{}', '[]', '[]', '[]', '{}', 1, 2, 'ff', 3, 0)`);
    migrate(database, migrations, 150);
    expect(database.prepare('SELECT tags, starred FROM adapters').all()).toEqual([{ tags: '[]', starred: 0 }]);
    expect(() => database.exec('UPDATE adapters SET starred = 2')).toThrow(/CHECK/);
  });

  it('0160 gives reports their runs and a note', () => {
    const database = databaseAt(150);
    database.exec("INSERT INTO reports VALUES ('report', 'R', 'reports/r.html', '[\"s\"]', 4)");
    migrate(database, migrations, 160);
    expect(database.prepare('SELECT * FROM reports').all()).toEqual([
      { id: 'report', name: 'R', path: 'reports/r.html', study_ids: '["s"]', created_at: 4, run_ids: '[]', note: '' },
    ]);
  });

  it('0170 leaves jobs in their order until they are moved', () => {
    const database = databaseAt(160);
    for (const id of ['a', 'b'])
      database.exec(`INSERT INTO jobs (id, kind, title, status, payload, created_at)
        VALUES ('${id}', 'train', '', 'queued', '{}', 1)`);
    migrate(database, migrations, 170);
    expect(database.prepare('SELECT id, position FROM jobs ORDER BY coalesce(position, sequence)').all()).toEqual([
      { id: 'a', position: null },
      { id: 'b', position: null },
    ]);
  });

  it('0180 keeps runs with all that belongs to them, and takes runs of other programs', () => {
    const database = databaseAt(170);
    database.exec(`${insertModel}; ${insertDataset}; ${insertRun};
      INSERT INTO metrics (run_id, name, step, value) VALUES ('r', 'loss', 0, 1.5);
      INSERT INTO run_log (run_id, at, level, text) VALUES ('r', 1, 'info', 'it began');
      INSERT INTO checkpoints (run_id, folder, kind, step, resumable) VALUES ('r', 'c', 'last', 5, 1);`);
    const rows = (table: string) => database.prepare(`SELECT * FROM ${table}`).all();
    const children = ['metrics', 'run_log', 'checkpoints'];
    const [before] = rows('runs');
    const belonging = children.map(rows);
    migrate(database, migrations, 180);
    expect(rows('runs')).toEqual([{ ...Object(before), origin: null }]);
    expect(children.map(rows)).toEqual(belonging);
    expect(database.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(database.pragma('foreign_key_check')).toEqual([]);
    const foreign = insertRun.replace("'r', 'Run'", "'f', 'Foreign'").replace("'m', 'd'", 'NULL, NULL');
    expect(() => database.exec(foreign)).toThrow(/CHECK/);
    database.exec(foreign.replace('created_at)', 'created_at, origin)').replace(', 7)', ", 7, '{}')"));
    expect(() => database.exec("DELETE FROM models WHERE id = 'm'")).toThrow(/FOREIGN KEY/);
    database.exec("DELETE FROM runs WHERE id = 'r'");
    expect(children.map(rows)).toEqual([[], [], []]);
  });

  it('0190 keeps chats without their model', () => {
    const database = databaseAt(180);
    migrate(database, migrations, 190);
    database.exec("INSERT INTO chats VALUES ('c', 'Chat', 'gone', '{}', 1, 2)");
    expect(() => database.exec("INSERT INTO chats VALUES ('c', 'Chat', 'gone', '{}', 1, 2)")).toThrow(/UNIQUE/);
  });

  it('0200 gives runs samples, which go with their run', () => {
    const database = databaseAt(190);
    database.exec(`${insertModel}; ${insertDataset}; ${insertRun}`);
    migrate(database, migrations, 200);
    database.exec(`INSERT INTO sample_inputs VALUES ('r', 0, '{}', NULL);
      INSERT INTO sample_answers VALUES ('r', 5, 1.5, '[]')`);
    expect(() => database.exec("INSERT INTO sample_answers VALUES ('gone', 5, 1.5, '[]')")).toThrow(/FOREIGN KEY/);
    database.exec("DELETE FROM runs WHERE id = 'r'");
    for (const table of ['sample_inputs', 'sample_answers'])
      expect(database.prepare(`SELECT * FROM ${table}`).all()).toEqual([]);
  });

  it('0210 names models below the home relative to it, and others as before', () => {
    const folder = mkdtempSync(join(tmpdir(), 'coto-store-'));
    const database = new SqliteDatabase(join(folder, 'studio.sqlite'));
    opened.push(database);
    migrate(database, migrations, 200);
    const paths = [join(folder, 'models', 'a b'), `${folder}-2/models/c`, '/d', folder];
    for (const [index, path] of paths.entries())
      database.prepare(insertModel.replace("'m', 'Model', '/m'", '?, ?, ?')).run(`m${index}`, 'Model', path);
    migrate(database, migrations, 210);
    expect(database.prepare('SELECT path FROM models ORDER BY id').pluck().all()).toEqual([
      'models/a b',
      ...paths.slice(1),
    ]);
    // Windows removes no open file.
    database.close();
    rmSync(folder, { recursive: true });
  });

  it('0220 shows every run that there is, with its own history', () => {
    const database = databaseAt(210);
    database.exec(`${insertModel}; ${insertDataset}; ${insertRun};`);
    migrate(database, migrations, 220);
    expect(database.prepare('SELECT id, is_staged, history_id FROM runs').all()).toEqual([
      { id: 'r', is_staged: 0, history_id: null },
    ]);
    expect(() => database.exec('UPDATE runs SET is_staged = 2')).toThrow(/CHECK/);
  });

  it('0240 has studies of before run here, and forgets the submissions of one that is deleted', () => {
    const database = databaseAt(230);
    database.exec(
      `INSERT INTO studies (id, name, kind, status, config, created_at) VALUES ('s', 'S', 'ablation', 'completed', '{}', 1)`,
    );
    migrate(database, migrations, 240);
    expect(database.prepare('SELECT target FROM studies').pluck().all()).toEqual([null]);
    const submission = database.prepare(
      `INSERT INTO submissions (id, study_id, generation, target, folder, status, parts, runs, known_failures, created_at)
       VALUES (?, 's', ?, 'slurm', '/b', 'open', '[]', '[]', '[]', 2)`,
    );
    submission.run('one', 1);
    expect(() => submission.run('two', 1)).toThrow(/UNIQUE/);
    database.exec(`DELETE FROM studies`);
    expect(database.prepare('SELECT count(*) FROM submissions').pluck().get()).toBe(0);
  });

  it('0260 keeps adapters, whose configs have no hash yet', () => {
    const database = databaseAt(250);
    database.exec(`${insertModel}; INSERT INTO adapters (id, name, folder, model_id, variant, parameters, target_modules, layers,
      modules_to_save, origin, parameter_count, size_bytes, sha256, created_at, archived)
      VALUES ('a', 'A', 'adapters/a', 'm', 'lora', '{}', '[]', '[]', '[]', '{}', 1, 2, 'ff', 3, 0)`);
    migrate(database, migrations, 260);
    expect(database.prepare('SELECT sha256, config_sha256 FROM adapters').all()).toEqual([
      { sha256: 'ff', config_sha256: null },
    ]);
  });

  it('0250 keeps the exponential curve of recorded runs and studies, whose rate was 5 by default', () => {
    const database = databaseAt(240);
    const linear = { curve: 'linear', exponential_rate: 5 };
    const used = { curve: 'exponential', exponential_rate: 5 };
    const chosen = { curve: 'exponential', exponential_rate: 3 };
    const insertStudy = database.prepare(
      "INSERT INTO studies (id, name, kind, status, config, created_at) VALUES (?, 'S', 'ablation', 'paused', ?, 1)",
    );
    const runs = { linear, used, chosen, bare: { curve: 'exponential' }, off: null };
    database.exec(`${insertModel}; ${insertDataset};`);
    for (const [id, coto] of Object.entries(runs)) {
      database.exec(insertRun.replace("'r', 'Run'", `'${id}', 'Run'`));
      database.prepare('UPDATE runs SET config = ? WHERE id = ?').run(JSON.stringify({ seed: 1, coto }), id);
    }
    database.exec(`
      INSERT INTO adapters (id, name, folder, model_id, variant, parameters, target_modules, layers, modules_to_save, coto,
        origin, parameter_count, size_bytes, sha256, created_at, archived)
      VALUES ('a', 'A', 'adapters/a', 'm', 'lora', '{}', '[]', '[]', '[]', '${JSON.stringify(linear)}', '{}', 1, 2, 'ff', 3, 0);`);
    const studies = {
      // Cells that switch CoTo on take its defaults, except where the run has CoTo itself.
      off: { run: { coto: null }, grid: { 'coto.curve': ['linear', 'exponential'], seed: [1] } },
      on: { run: { coto: linear }, grid: { 'coto.curve': ['linear', 'exponential'] } },
      value: { run: { coto: null }, grid: { coto: [null, { curve: 'exponential' }, chosen] } },
      axes: { run: { coto: linear }, grid: { coto: [{}, { reversed: true }], 'coto.curve': ['exponential'] } },
      variants: { run: { coto: null }, variants: [{ settings: { 'coto.curve': 'exponential' } }, { settings: {} }] },
      stated: { run: { coto: null }, grid: { 'coto.curve': ['exponential'], 'coto.exponential_rate': [2] } },
    };
    for (const [id, config] of Object.entries(studies)) insertStudy.run(id, JSON.stringify(config));
    migrate(database, migrations, 250);
    const stored = (table: string, id: string): unknown =>
      JSON.parse(String(database.prepare(`SELECT config FROM ${table} WHERE id = ?`).pluck().get(id)));
    const unused = { curve: 'linear', exponential_rate: -1 };
    expect(stored('runs', 'linear')).toEqual({ seed: 1, coto: unused });
    expect(stored('runs', 'used')).toEqual({ seed: 1, coto: used });
    expect(stored('runs', 'chosen')).toEqual({ seed: 1, coto: chosen });
    expect(stored('runs', 'bare')).toEqual({ seed: 1, coto: used });
    expect(stored('runs', 'off')).toEqual({ seed: 1, coto: null });
    expect(JSON.parse(String(database.prepare('SELECT coto FROM adapters').pluck().get()))).toEqual(unused);
    expect(stored('studies', 'off')).toEqual({
      run: { coto: null },
      grid: { 'coto.curve': ['linear', 'exponential'], seed: [1], 'coto.exponential_rate': [5] },
    });
    expect(stored('studies', 'on')).toEqual(studies.on);
    expect(stored('studies', 'value')).toEqual({ run: { coto: null }, grid: { coto: [null, used, chosen] } });
    expect(stored('studies', 'axes')).toEqual({
      run: { coto: linear },
      grid: { ...studies.axes.grid, 'coto.exponential_rate': [5] },
    });
    expect(stored('studies', 'variants')).toEqual({
      run: { coto: null },
      variants: [{ settings: { 'coto.curve': 'exponential', 'coto.exponential_rate': 5 } }, { settings: {} }],
    });
    expect(stored('studies', 'stated')).toEqual(studies.stated);
  });

  it('a failure leaves the version before', () => {
    const database = databaseAt(10);
    const bad = { version: 20, name: 'bad', up: (db: Database) => void db.exec('CREATE TABLE t (a); nonsense;') };
    expect(() => migrate(database, [...migrations.slice(0, 1), bad])).toThrow(/syntax/);
    expect(schemaVersion(database)).toBe(10);
    expect(tables(database)).not.toContain('t');
  });

  it('in the wrong order are refused', () => {
    const database = databaseAt(0);
    expect(() => migrate(database, [...migrations].reverse())).toThrow(/does not follow/);
  });
});

describe('openStore', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coto-store-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('refuses a database from the future and leaves it as it is', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'coto-store-')), 'studio.sqlite');
    const newer = new SqliteDatabase(file);
    newer.pragma('user_version = 100000');
    newer.close();
    expect(() => openStore(file)).toThrow(NewerDatabaseError);
    expect(() => openStore(file)).toThrow(/version 100000/);
    const again = new SqliteDatabase(file);
    opened.push(again);
    expect(schemaVersion(again)).toBe(100000);
    expect(tables(again)).toEqual([]);
  });

  it('says that a file is no database', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'coto-store-')), 'studio.sqlite');
    writeFileSync(file, 'This is a text and no database, long enough to have a header of a hundred bytes. '.repeat(4));
    expect(() => openStore(file)).toThrow(/is not a database of CoTo Studio/);
  });
});
