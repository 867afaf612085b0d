import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { splitText } from '../../src-main/backend/runs/micro-batch-split.ts';
import { runRecordSchema } from '../../src-shared/domain/runs/run.ts';
import {
  bundleProgressSchema,
  bundleStudySchema,
  resultManifestSchema,
  resultRunSchema,
} from '../../src-shared/domain/targets/bundle.ts';
import { caseFolders, copyOf, editBytes, goodData } from './bad-input-support.ts';
import { killCommandBy } from './killed-command.ts';
import { cotoOn } from './run-command.ts';
import { writeSmallAblation } from './small-ablation.ts';

const caseFolder = caseFolders();

const folder = caseFolder();
const file = join(folder, 'study.yaml');
const inputs = { model: copyOf(folder), dataset: goodData(join(folder, 'bands')) };
writeSmallAblation(file, {
  ...{ ...inputs, name: 'Resumed', seeds: [1] },
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
  // Half-written folders left by a node that was lost while copying a checkpoint; the other is of another run.
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

test('a batch that splits itself is split again on the machine that goes on, with the same losses', async () => {
  const auto = join(folder, 'auto.yaml');
  writeSmallAblation(auto, {
    ...{ ...inputs, name: 'Split', seeds: [1] },
    run: {
      ...{ max_steps: 20, save_steps: 5, eval_steps: 0, eval_samples: 2, auto_find_batch_size: true },
      adapter: { r: 2, target_modules: ['q_proj'] },
    },
    grid: { coto: [{}] },
  });
  const [narrow, wide] = [join(folder, 'narrow'), join(folder, 'wide')];
  const written = await cotoOn(home)(['study', 'bundle', auto, '--out', narrow]);
  expect(written, written.err).toMatchObject({ code: 0 });
  cpSync(narrow, wide, { recursive: true });
  await killCommandBy('killed-at-kept.ts', ['job', narrow, '0']);
  const [kept = ''] = keptIn(narrow);
  // Simulates a machine with memory for single examples only, which would have split the batch.
  const record = join(narrow, 'checkpoints', kept, 'run.json');
  const content = z
    .looseObject({ run: z.looseObject({ config: z.looseObject({}) }) })
    .parse(JSON.parse(readFileSync(record, 'utf8')));
  Object.assign(content.run.config, { per_device_train_batch_size: 1, gradient_accumulation_steps: 4 });
  writeFileSync(record, JSON.stringify(content));
  const splitIn = (place: string) =>
    resultRunSchema.parse(JSON.parse(readFileSync(join(resultIn(place), 'run.json'), 'utf8')));

  expect(await node(['job', narrow, '0'])).toMatchObject({ code: 0 });
  expect(manifestIn(narrow).resumed).toMatchObject({ step: Number(kept.split('.')[2]) });
  expect(await node(['job', wide, '0'])).toMatchObject({ code: 0 });
  const { config, log } = splitIn(narrow);
  expect(config).toMatchObject({ per_device_train_batch_size: 4, gradient_accumulation_steps: 1 });
  expect(config).toEqual(splitIn(wide).config);
  expect(log.map(({ text }) => text)).toContain(splitText(config));
  const losses = async (place: string, name: string) =>
    (await collected(place, name)).filter((metric) => metric.name === 'loss').map(({ value }) => value);
  const [goneOn, whole] = [await losses(narrow, 'third'), await losses(wide, 'fourth')];
  expect(goneOn).toHaveLength(20);
  for (const [step, loss] of whole.entries()) expect(goneOn[step], `step ${step}`).toBeCloseTo(loss, 4);
});

test('a checkpoint that is torn is not gone on with: the run begins again', async () => {
  const [kept = ''] = keptIn(torn);
  const parent = join(torn, 'checkpoints', kept, 'checkpoints');
  const saved = readdirSync(parent);
  expect(saved.length).toBeGreaterThan(0);
  // The moment of the loss decides if the last checkpoint, the best, or both are kept of a step.
  for (const name of saved)
    editBytes(join(parent, name, 'optimizer.safetensors'), (bytes) => {
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      return bytes;
    });
  expect(await node(['job', torn, '0'])).toMatchObject({ code: 0 });
  expect(manifestIn(torn).resumed).toBeNull();
  expect(keptIn(torn)).toEqual([]);
});
