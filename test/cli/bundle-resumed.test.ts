import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { bundleProgressSchema, bundleStudySchema, resultManifestSchema } from '../../src-shared/domain/bundle.ts';
import { runRecordSchema } from '../../src-shared/domain/run.ts';
import { caseFolder, copyOf, editBytes, goodData } from './bad-input-support.ts';
import { killCommandBy } from './killed-command.ts';
import { cotoOn } from './run-command.ts';
import { writeSmallAblation } from './small-ablation.ts';

const folder = caseFolder();
const file = join(folder, 'study.yaml');
writeSmallAblation(file, {
  ...{ model: copyOf(folder), dataset: goodData(join(folder, 'bands')), name: 'Resumed', seeds: [1] },
  run: {
    max_steps: 30,
    save_steps: 5,
    eval_steps: 15,
    eval_samples: 2,
    adapter: { r: 2, target_modules: ['q_proj'], lora_dropout: 0.1 },
  },
  grid: { coto: [{}] },
});
const home = join(folder, 'home');
const bundle = join(folder, 'bundle');
const alone = join(folder, 'alone');
const torn = join(folder, 'torn');
const node = cotoOn(join(folder, 'none'));
const shown = z.object({
  run: runRecordSchema,
  metrics: z.array(z.object({ name: z.string(), step: z.number(), value: z.number() })),
});

const resultIn = (place: string) => {
  const study = bundleStudySchema.parse(JSON.parse(readFileSync(join(place, 'study.json'), 'utf8')));
  return join(place, 'results', study.jobs[0]?.runId ?? '');
};
const manifestIn = (place: string) =>
  resultManifestSchema.parse(JSON.parse(readFileSync(join(resultIn(place), 'manifest.json'), 'utf8')));
const keptIn = (place: string) => readdirSync(join(place, 'checkpoints')).filter((name) => !name.startsWith('.'));

/** The run of the bundle as it comes to lie in a home of its own: what it has logged, and its curves. */
async function collected(place: string, name: string) {
  const coto = cotoOn(join(folder, name));
  // A home that knows base and data, as the first did.
  cpSync(home, join(folder, name), { recursive: true });
  const answer = await coto(['study', 'collect', place, '--import-only']);
  expect(answer, answer.err).toMatchObject({ code: 0 });
  const [run] = z.array(runRecordSchema).parse(JSON.parse((await coto(['runs', 'list', '--json'])).out));
  const { metrics } = shown.parse(JSON.parse((await coto(['runs', 'show', run?.id ?? '', '--json'])).out));
  return metrics.filter(({ name: metric }) => ['loss', 'p', 'active_share', 'eval_accuracy'].includes(metric));
}

test('a run whose node was lost after a checkpoint goes on from it, to the result of one that was left alone', async () => {
  const written = await cotoOn(home)(['study', 'bundle', file, '--out', bundle]);
  expect(written, written.err).toMatchObject({ code: 0 });
  cpSync(bundle, alone, { recursive: true });

  await killCommandBy('killed-at-kept.ts', ['job', bundle, '0']);
  expect(existsSync(resultIn(bundle))).toBe(false);
  const [kept = ''] = keptIn(bundle);
  const [, attempt = '', step = ''] = kept.split('.');
  expect(Number(step)).toBeGreaterThanOrEqual(5);
  cpSync(bundle, torn, { recursive: true });
  // As it lies there where a node is lost while a checkpoint is copied; the other is of another run.
  const [halfWritten, ofOther] = [`.${kept}.0123456789ab.tmp`, `.${'f'.repeat(32)}.attempt.5.0123456789ab.tmp`];
  for (const name of [halfWritten, ofOther])
    mkdirSync(join(bundle, 'checkpoints', name, 'checkpoints'), { recursive: true });

  expect(await node(['job', bundle, '0'])).toMatchObject({ code: 0 });
  expect(manifestIn(bundle)).toMatchObject({ resumed: { attempt, step: Number(step) } });
  expect(manifestIn(bundle).attempt).not.toBe(attempt);
  const lines = readFileSync(join(resultIn(bundle), 'progress.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const steps = lines.map((line) => bundleProgressSchema.parse(JSON.parse(line)).step).filter((one) => one > 0);
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(Number(step));
  // With its result there, nobody needs it any more.
  expect(readdirSync(join(bundle, 'checkpoints'))).toEqual([ofOther]);

  expect(await node(['job', alone, '0'])).toMatchObject({ code: 0 });
  expect(manifestIn(alone).resumed).toBeNull();
  const tensors = (place: string) => readFileSync(join(resultIn(place), 'adapter', 'adapter_model.safetensors'));
  expect(tensors(bundle).equals(tensors(alone))).toBe(true);
  const curves = await collected(bundle, 'one');
  expect(curves.filter(({ name }) => name === 'loss').map(({ step: at }) => at)).toEqual([...Array(30).keys()]);
  expect(curves).toEqual(await collected(alone, 'other'));
});

test('a checkpoint that is torn is not gone on with: the run begins again', async () => {
  const [kept = ''] = keptIn(torn);
  const parent = join(torn, 'checkpoints', kept, 'checkpoints');
  const saved = readdirSync(parent);
  expect(saved.length).toBeGreaterThan(0);
  // Where the node was lost decides whether the last, the best or both are kept of a step.
  for (const name of saved)
    editBytes(join(parent, name, 'optimizer.safetensors'), (bytes) => {
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      return bytes;
    });
  expect(await node(['job', torn, '0'])).toMatchObject({ code: 0 });
  expect(manifestIn(torn).resumed).toBeNull();
  expect(keptIn(torn)).toEqual([]);
});
