import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bundleStudySchema, maxBundleJobs } from '../../../src-shared/domain/targets/bundle.ts';
import { closeBackends, type OpenBackend, temporaryFolder } from '../support.ts';
import { type AttackedBundle, collect, editValue, type TrainedBundle, trainBundle } from './attacked-bundle.ts';

/** Links, FIFOs and holes in files. */
const isUnix = process.platform !== 'win32';
const secret = 'root:x:0:0:a private line';
let trained: TrainedBundle;
let bundle: AttackedBundle;
let backend: OpenBackend;

beforeAll(async () => {
  trained = await trainBundle();
});
afterAll(closeBackends);
afterEach(async () => {
  await backend.close();
});

/** A bundle whose first job has no result. */
async function withoutResult(): Promise<{ readonly yaml: string; readonly failure: string }> {
  bundle = trained.copy();
  backend = await trained.openHome();
  rmSync(bundle.result(0), { recursive: true });
  const failure = join(bundle.folder, 'results', `${bundle.runId(0)}.failed-attempt.json`);
  return { yaml: join(bundle.folder, 'jobs', `${bundle.runId(0)}.yaml`), failure };
}

const failed = (changes: object = {}) =>
  JSON.stringify({
    ...{ format: 1, bundle: studyOf(bundle).id, run: bundle.runId(0), index: 0, attempt: 'attempt', host: 'node1' },
    ...{ at: 5, error: { code: 'internal', message: 'It has failed.', hint: null, details: null }, ...changes },
  });

const studyOf = ({ folder }: AttackedBundle) =>
  bundleStudySchema.parse(JSON.parse(readFileSync(join(folder, 'study.json'), 'utf8')));

describe("a job's YAML", () => {
  test.runIf(isUnix)('rejects a link without revealing the other file', async () => {
    const { yaml } = await withoutResult();
    const other = join(temporaryFolder(), 'passwd');
    writeFileSync(other, `${secret}\nlearning_rate: [\n`);
    rmSync(yaml);
    symlinkSync(other, yaml);
    const collected = await collect(backend, bundle);
    expect(collected).toMatchObject({ imported: 1, missing: [0], refused: [{ index: 0 }] });
    expect(collected.refused[0]?.message).toContain(`${yaml} is not a regular file`);
    expect(JSON.stringify(collected)).not.toContain('private');
  });

  test('names the line of an unreadable file without quoting it', async () => {
    const { yaml } = await withoutResult();
    writeFileSync(yaml, `model: tiny\n${secret}: {[\n`);
    const [refusal] = (await collect(backend, bundle)).refused;
    expect(refusal?.message).toMatch(/\.yaml is not the YAML of a run: it cannot be read at line \d+\.$/);
    expect(refusal?.message).not.toContain('private');
    writeFileSync(yaml, `"${secret}": 1\n`);
    const [other] = (await collect(backend, bundle)).refused;
    expect(other?.message).toMatch(/\.yaml is not the YAML of a run\.$/);
  });

  test.runIf(isUnix)('rejects a FIFO without waiting for a writer', async () => {
    const { yaml } = await withoutResult();
    rmSync(yaml);
    execFileSync('mkfifo', [yaml]);
    const [refusal] = (await collect(backend, bundle)).refused;
    expect(refusal?.message).toContain(`${yaml} is not a regular file`);
  });

  test('rejects a file larger than the YAML of a run before parsing it', async () => {
    const { yaml } = await withoutResult();
    writeFileSync(yaml, `${readFileSync(yaml, 'utf8')}# ${'x'.repeat(2 ** 18)}\n`);
    const [refusal] = (await collect(backend, bundle)).refused;
    expect(refusal?.message).toMatch(/\.yaml has 1 MiB, and at most 0\.125 MiB are read/);
  });
});

describe('failed attempts', () => {
  test('are told by their last error', async () => {
    const { failure } = await withoutResult();
    writeFileSync(failure, failed());
    writeFileSync(failure.replace('attempt', 'other'), failed({ at: 6, host: 'node2' }));
    expect((await collect(backend, bundle)).failed).toEqual([
      { index: 0, attempts: 2, message: 'It has failed. (on node2)' },
    ]);
  });

  test.runIf(isUnix)('counts FIFOs, links and files with holes without reading them', async () => {
    const { failure } = await withoutResult();
    const other = join(temporaryFolder(), 'other.json');
    writeFileSync(other, failed({ error: { code: 'internal', message: secret, hint: null, details: null } }));
    execFileSync('mkfifo', [failure]);
    symlinkSync(other, failure.replace('attempt', 'link'));
    const before = process.resourceUsage().maxRSS;
    for (let at = 0; at < 100; at++) {
      const file = failure.replace('attempt', `hole-${at}`);
      writeFileSync(file, failed());
      truncateSync(file, 400 * 2 ** 20);
    }
    const collected = await collect(backend, bundle);
    expect(collected.failed).toEqual([
      { index: 0, attempts: 102, message: expect.stringMatching(/\.failed-.*\.json cannot be read$/) },
    ]);
    // In kilobytes.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(200 * 1024);
  });
});

describe('study.json', () => {
  test('with another study under the same id is refused, and nothing is imported', async () => {
    bundle = trained.copy();
    backend = await trained.openHome();
    editValue(join(bundle.folder, 'study.json'), (study) => ({ ...study, name: 'Another study' }));
    await expect(collect(backend, bundle)).rejects.toThrow(
      /study\.json is not the one that the bundle was written with: its content does not have the SHA-256 of its id/,
    );
    await expect(backend.handle('bundles.study', { path: bundle.folder })).rejects.toThrow(/SHA-256 of its id/);
    expect(await backend.handle('runs.list', {})).toEqual([]);
  });

  test('with other inputs is refused', async () => {
    bundle = trained.copy();
    backend = await trained.openHome();
    editValue(join(bundle.folder, 'inputs.json'), ({ inputs, ...rest }) => ({
      ...rest,
      inputs: (Array.isArray(inputs) ? inputs : []).map((input) => ({ ...input, sha256: '0'.repeat(64) })),
    }));
    await expect(collect(backend, bundle)).rejects.toThrow(/SHA-256 of its id/);
  });

  test('with more jobs than a bundle has is refused before a job is read', async () => {
    bundle = trained.copy();
    backend = await trained.openHome();
    editValue(join(bundle.folder, 'study.json'), ({ jobs, ...study }) => {
      const [job] = Array.isArray(jobs) ? jobs : [];
      return { ...study, jobs: Array.from({ length: maxBundleJobs + 1 }, (_, index) => ({ ...job, index })) };
    });
    await expect(collect(backend, bundle)).rejects.toThrow(/study\.json is not valid: jobs: Too big/);
  });

  test.runIf(isUnix)('rejects a link, a FIFO and a file with holes', async () => {
    bundle = trained.copy();
    backend = await trained.openHome();
    const file = join(bundle.folder, 'study.json');
    const other = join(temporaryFolder(), 'study.json');
    writeFileSync(other, readFileSync(file));
    rmSync(file);
    symlinkSync(other, file);
    await expect(collect(backend, bundle)).rejects.toThrow(`${file} is not a regular file`);
    rmSync(file);
    execFileSync('mkfifo', [file]);
    await expect(collect(backend, bundle)).rejects.toThrow(`${file} is not a regular file`);
    rmSync(file);
    writeFileSync(file, '{');
    truncateSync(file, 400 * 2 ** 20);
    await expect(collect(backend, bundle)).rejects.toThrow(`${file} has 400 MiB, and at most 32 MiB are read`);
  });
});
