import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentIdOf } from '../src-main/backend/bundles/bundle-files.ts';
import { runKey } from '../src-main/backend/bundles/run-key.ts';
import { fromYaml, toYaml } from '../src-main/backend/runs/run-yaml.ts';
import type { RunConfig } from '../src-shared/domain/runs/run.ts';
import {
  type BundleJob,
  bundleInputsSchema,
  bundleStudySchema,
  resultManifestSchema,
  resultRunSchema,
} from '../src-shared/domain/targets/bundle.ts';

/** Makes further runs of the first one of a bundle, which is trained, each with a seed of its own, and a result for each. */
export function makeResults(bundle: string, count: number): void {
  const file = join(bundle, 'study.json');
  const study = bundleStudySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const { inputs } = bundleInputsSchema.parse(JSON.parse(readFileSync(join(bundle, 'inputs.json'), 'utf8')));
  const [first] = study.jobs;
  if (first === undefined) throw new Error('the bundle has no run');
  const config = fromYaml(readFileSync(join(bundle, first.file), 'utf8'));
  const jobs: BundleJob[] = [first];
  for (let index = 1; index < count; index++) {
    const own = { ...config, seed: 1000 + index };
    const runId = runKey(own, inputs);
    const job = { index, runId, title: `seed ${own.seed}`, file: `jobs/${runId}.yaml` };
    writeFileSync(join(bundle, job.file), toYaml(own));
    jobs.push(job);
    copyResult(bundle, first.runId, job, own);
  }
  // The id of a bundle is the hash of its content, which its results name.
  const id = contentIdOf({ ...study, jobs }, inputs);
  for (const { runId } of jobs) {
    const manifest = join(bundle, 'results', runId, 'manifest.json');
    const named = resultManifestSchema.parse(JSON.parse(readFileSync(manifest, 'utf8')));
    writeFileSync(manifest, JSON.stringify({ ...named, bundle: id }));
  }
  writeFileSync(file, JSON.stringify({ ...study, jobs, id }));
}

function copyResult(bundle: string, from: string, { runId, index }: BundleJob, config: RunConfig): void {
  const to = join(bundle, 'results', runId);
  cpSync(join(bundle, 'results', from), to, { recursive: true });
  const read = (name: string): unknown => JSON.parse(readFileSync(join(to, name), 'utf8'));
  const text = `${JSON.stringify({ ...resultRunSchema.parse(read('run.json')), config })}\n`;
  writeFileSync(join(to, 'run.json'), text);
  const { files, ...manifest } = resultManifestSchema.parse(read('manifest.json'));
  const sha256 = createHash('sha256').update(text).digest('hex');
  const changed = { path: 'run.json', sha256, bytes: Buffer.byteLength(text) };
  const others = files.filter(({ path }) => path !== 'run.json');
  const own = { ...manifest, run: runId, index, attempt: `attempt-${index}`, files: [...others, changed] };
  writeFileSync(join(to, 'manifest.json'), JSON.stringify(own));
}
