import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { runRecordSchema } from '../../src-shared/domain/runs/run.ts';
import { bundleStudySchema, collectedSchema, resultManifestSchema } from '../../src-shared/domain/targets/bundle.ts';
import { caseFolders, copyOf, goodData } from '../cli/bad-input-support.ts';
import { cotoOn } from '../cli/run-command.ts';
import { writeSmallAblation } from '../cli/small-ablation.ts';
import { peerPython } from './python.ts';

const caseFolder = caseFolders();

const folder = caseFolder();
const bundle = join(folder, 'bundle');

it('job.py trains runs of a bundle, and its results are imported beside those of coto job', async () => {
  const file = join(folder, 'study.yaml');
  writeSmallAblation(file, {
    ...{ model: copyOf(folder), dataset: goodData(join(folder, 'bands')) },
    ...{ run: { max_steps: 4, logging_steps: 1, eval_samples: 4 }, seeds: [1] },
  });
  const here = cotoOn(join(folder, 'here'));
  expect((await here(['study', file])).code).toBe(0);
  const coto = cotoOn(join(folder, 'home'));
  const written = await coto(['study', 'bundle', file, '--out', bundle, '--python']);
  expect(written, written.err).toMatchObject({ code: 0 });
  const { id, jobs } = bundleStudySchema.parse(JSON.parse(readFileSync(join(bundle, 'study.json'), 'utf8')));
  for (const { index } of jobs) expect(work(index).status).toBe(0);
  expect(work(0).stdout).toContain('its result is there already');
  expect(work(7).stderr).toContain('the bundle has no job 7');
  const [first] = jobs;
  const manifest = join(bundle, 'results', first?.runId ?? '', 'manifest.json');
  expect(resultManifestSchema.parse(JSON.parse(readFileSync(manifest, 'utf8')))).toMatchObject({
    ...{ bundle: id, index: 0, computeBackend: 'pytorch' },
  });
  expect(readdirSync(join(bundle, 'results')).sort()).toEqual(jobs.map(({ runId }) => runId).sort());

  const answer = await coto(['study', 'collect', bundle, '--json']);
  expect(answer, answer.err).toMatchObject({ code: 0 });
  const { collected } = z.object({ collected: collectedSchema }).parse(JSON.parse(answer.out));
  expect(collected).toMatchObject({ imported: 2, missing: [], refused: [] });
  const [theirs, ours] = [await runsOf(coto), await runsOf(here)];
  for (const [name, loss] of ours) expect(theirs.get(name)).toBeCloseTo(loss, 3);
}, 600_000);

function work(index: number) {
  return spawnSync(peerPython(), [join(bundle, 'job.py'), String(index)], {
    encoding: 'utf8',
    env: { ...process.env, HF_HUB_OFFLINE: '1', CUDA_VISIBLE_DEVICES: '' },
  });
}

/** Losses of the evaluations, by the runs' names. */
async function runsOf(coto: ReturnType<typeof cotoOn>): Promise<Map<string, number>> {
  const runs = z.array(runRecordSchema).parse(JSON.parse((await coto(['runs', 'list', '--json'])).out));
  expect(runs).toHaveLength(2);
  return new Map(runs.map(({ name, result }) => [name, result?.evalLoss ?? Number.NaN]));
}
