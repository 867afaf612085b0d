import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resourcesDirectory } from '../../src-main/cli/studio.ts';
import { resultOf } from '../../src-shared/domain/jobs/job.ts';
import { studyKind } from '../../src-shared/studies/index.ts';
import { closeBackends, type OpenBackend, openBackend, realEngine, temporaryFolder } from './support.ts';

const fixture = fileURLToPath(new URL('../fixtures/landed-home/', import.meta.url));
const objects = z.array(z.looseObject({ id: z.string(), name: z.string() }));
const expected = <Schema extends z.ZodType>(name: string, schema: Schema): z.output<Schema> =>
  schema.parse(JSON.parse(readFileSync(join(fixture, `${name}.json`), 'utf8')));
const byId = <T extends { id: string }>(items: readonly T[]) =>
  [...items].sort((one, other) => (one.id < other.id ? -1 : 1));

/** A home made by the version before this one: everything is found again, and unfinished runs go on. */
describe('a home of CoTo Studio 0.1.0', () => {
  let backend: OpenBackend;
  beforeAll(async () => {
    const folder = temporaryFolder();
    const unpacked = spawnSync('tar', ['-xzf', join(fixture, 'home.tar.gz'), '-C', folder], { encoding: 'utf8' });
    expect(unpacked.status, unpacked.stderr).toBe(0);
    backend = await openBackend({ home: join(folder, 'fixture-home'), startEngine: realEngine, resourcesDirectory });
  });
  afterAll(closeBackends);

  it('has its runs with settings, results, marks and checkpoints', async () => {
    const before = [...expected('runs-list', objects), ...expected('runs-list-archived', objects)];
    const runs = [
      ...(await backend.handle('runs.list', {})),
      ...(await backend.handle('runs.list', { archived: true })),
    ];
    expect(runs).toHaveLength(14);
    const kept = [
      'id',
      'name',
      'status',
      'step',
      'tags',
      'note',
      'starred',
      'archived',
      'adapterId',
      'checkpoints',
    ] as const;
    const pick = (run: Readonly<Record<string, unknown>>) => Object.fromEntries(kept.map((key) => [key, run[key]]));
    const known = new Map(runs.map((run) => [run.id, run]));
    for (const old of before) {
      const run = known.get(old.id);
      expect(run && pick(run), old.name).toEqual(pick(old));
      expect(run?.result ?? null, old.name).toEqual(old['result'] && expect.objectContaining(old['result']));
      const { adapter, length_normalised, ...config } = z
        .looseObject({ adapter: z.looseObject({ r: z.number(), variant: z.string() }), length_normalised: z.boolean() })
        .parse(old['config']);
      expect(run?.config).toMatchObject({
        ...config,
        length_normalized: length_normalised,
        adapter: { variant: adapter.variant, parameters: { r: adapter.r } },
      });
      expect(await backend.handle('runs.log', { id: old.id })).toBeInstanceOf(Array);
    }
  });

  it('has its adapters, by the bytes that they had, and can read each', async () => {
    const adapters = await backend.handle('adapters.list', {});
    const before = expected('adapters-list', objects);
    const contentsSchema = z.object({ whole: z.array(z.string()), embeddings: z.array(z.string()) });
    const contents = expected('adapters-contents', z.record(z.string(), contentsSchema));
    expect(adapters.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    for (const old of before) {
      const adapter = adapters.find(({ id }) => id === old.id);
      const { name, modelId, variant, sha256, accuracy, origin, datasetId, parameterCount } = old;
      expect(adapter).toMatchObject({ name, modelId, variant, sha256, accuracy, origin, datasetId, parameterCount });
      expect(adapter?.parameters).toMatchObject({ r: old['r'], lora_alpha: old['loraAlpha'] });
      // The same tensors by the same count, whatever else is said of them now.
      const { whole, embeddings } = await backend.handle('adapters.contents', { id: old.id });
      expect({ whole, embeddings }, old.name).toEqual(contents[old.id]);
    }
  });

  it('has its studies, λ under its name of today, with every number; each draws its table and figures', async () => {
    const before = byId(expected('studies-list', objects));
    const studies = byId(await backend.handle('studies.list', {}));
    expect(studies.map(({ name, status }) => [name, status])).toEqual(before.map(({ name, status }) => [name, status]));
    for (const [at, study] of studies.entries()) {
      const old = z.looseObject({ kind: z.string() }).parse(before[at]?.['result']);
      const kind = old.kind === 'lambda' ? 'interpolation' : old.kind;
      expect(study.kind).toBe(kind);
      // A curve over sparsities became one of several grids, and the line of one method one of several curves: the
      // numbers are the same.
      expect(numbersOf(study.result)).toEqual(expect.arrayContaining(numbersOf(old)));
      // Its metric could not be chosen then.
      if (kind === 'merging') expect(study.result).toEqual({ ...old, kind, metric: 'accuracy' });
      const { table, figures } = studyKind(study.kind);
      const words = { mergeMethod: (id: string) => id };
      expect(table(study.result, study.config, words)[0]?.rows.length).toBeGreaterThan(0);
      for (const figure of figures(study.result, study.config, words))
        expect(figure.draw({ dark: false }).data.length).toBeGreaterThan(0);
    }
  });

  it('has its jobs with their results, and its report', async () => {
    const before = expected('jobs-list', z.array(z.looseObject({ id: z.string(), status: z.string() })));
    const jobs = await backend.handle('jobs.list', { active: false });
    expect(jobs.map(({ id, status }) => [id, status])).toEqual(before.map(({ id, status }) => [id, status]));
    const results = expected('job-results', z.record(z.string(), z.looseObject({}).nullable()));
    const train = jobs.find(({ title }) => title === 'Train LoRA · seed 1');
    for (const { id, kind } of jobs) {
      const answer = await backend.handle('jobs.result', { id });
      expect(answer.kind).toBe(kind);
      if (results[id]) expect(answer.result, id).toMatchObject(results[id]);
    }
    const trained = resultOf(await backend.handle('jobs.result', { id: train?.id ?? '' }), 'train');
    expect(trained).toMatchObject({ outcome: 'completed', result: { steps: 10 } });
    const [report] = await backend.handle('reports.list', {});
    expect(report?.studyIds).toHaveLength(3);
    expect(existsSync(report?.path ?? '')).toBe(true);
  });

  it('goes on with a paused run to the very bits that it would have come to', async () => {
    const after = expected('after-resume', z.record(z.string(), z.looseObject({ name: z.string() })));
    const paused = Object.entries(after).find(([, { name }]) => name === 'Paused by hand');
    const [id = '', end] = paused ?? [];
    await backend.handle('runs.resume', { id });
    await backend.idle();
    const run = await backend.handle('runs.get', { id });
    expect(run.error).toBeNull();
    expect(run).toMatchObject({ status: 'completed', step: 10, result: { accuracy: end?.['accuracy'] } });
    const adapter = await backend.handle('adapters.get', { id: run.adapterId ?? '' });
    expect(adapter.sha256).toBe(end?.['adapterSha256']);
  });
});

/** Every number of a value, in the order of its keys. */
function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}
