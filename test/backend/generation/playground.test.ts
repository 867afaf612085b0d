import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { resultOf } from '../../../src-shared/domain/jobs/job.ts';
import { goldenPath } from '../../engine/golden.ts';
import {
  bundledResources,
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  temporaryFolder,
} from '../support.ts';

let backend: OpenBackend;
let folder: string;
beforeAll(async () => {
  folder = temporaryFolder();
  backend = await openBackend({ startEngine: realEngine, resourcesDirectory: bundledResources });
});
afterAll(closeBackends);

async function classified(image: Parameters<typeof start>[0], columns: (string | null)[] = [null]) {
  const job = await start(image, columns);
  await backend.idle();
  const answer = await backend.handle('jobs.result', { id: job.id });
  return { job: await backend.handle('jobs.get', { id: job.id }), result: resultOf(answer, 'classify') };
}

function start(
  image: { kind: 'file'; path: string } | { kind: 'example'; dataset: string; split: 'test'; index: number },
  columns: (string | null)[],
) {
  return backend.handle('classification.start', {
    model: 'quickdraw-vit',
    columns: columns.map((adapterId) => (adapterId === null ? null : { adapterId })),
    image,
    top: 3,
  });
}

describe('an image', () => {
  it('an example of a dataset gets the same classes as a file, for the base and an adapter side by side', async () => {
    const dataset = 'fashion-mnist-small';
    const config = {
      model: 'quickdraw-vit',
      dataset,
      max_steps: 2,
      per_device_train_batch_size: 8,
      eval_samples: 8,
      adapter: { r: 2, target_modules: ['q_proj'] },
    };
    const { run } = await backend.handle('runs.create', { config });
    await backend.idle();
    const { adapterId } = await backend.handle('runs.get', { id: run.id });
    const { result } = await classified({ kind: 'example', dataset, split: 'test', index: 3 }, [null, adapterId]);
    const [base, adapted] = result?.columns ?? [];
    const model = await backend.handle('models.get', { id: 'quickdraw-vit' });
    const { labels } = (await backend.handle('datasets.get', { id: dataset })).description;
    expect(base?.classCount).toBe(model.description.labels.length);
    expect(base?.classes).toHaveLength(3);
    expect(model.description.labels).toContain(base?.classes[0]?.label);
    expect(adapted?.classCount).toBe(labels.length);
    expect(labels).toContain(adapted?.classes[0]?.label);
    const probabilities = base?.classes.map(({ probability }) => probability) ?? [];
    expect(probabilities).toEqual(probabilities.toSorted((one, other) => other - one));
    expect(probabilities.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(1 + 1e-6);

    const [example] = await backend.handle('datasets.preview', { id: dataset, split: 'test', offset: 3, limit: 1 });
    if (!example) throw new Error('no example');
    const { width, height, channels } = example;
    const path = join(folder, 'image.png');
    await sharp(example.pixels, { raw: { width, height, channels: channels === 1 ? 1 : 3 } })
      .toColorspace('b-w')
      .png()
      .toFile(path);
    const fromFile = await classified({ kind: 'file', path }, [null, adapterId]);
    expect(fromFile.result?.columns).toEqual(result?.columns);
    expect(await backend.handle('classification.image', { path })).toMatchObject({
      name: 'image.png',
      fullWidth: width,
      fullHeight: height,
      channels: 3,
    });
  });

  it('rejects a file that is not an image in one sentence, before and in the job', async () => {
    const path = join(folder, 'broken.png');
    writeFileSync(path, 'no image');
    const message = expect.stringMatching(/^[^\n]*broken\.png is not a readable image: [^\n]*\.$/);
    await expect(backend.handle('classification.image', { path })).rejects.toMatchObject({
      code: 'invalid_file',
      message,
    });
    expect((await classified({ kind: 'file', path })).job).toMatchObject({ status: 'failed', error: { message } });
  });

  it('is compared by CLIP with texts of the classes that are named', async () => {
    const model = await backend.handle('models.add', { path: goldenPath('clip-zero-shot', 'base') });
    const classes = ['7 of hearts', "cat's eye", 'Eiffel Tower', 'hot_dog'];
    const image = { kind: 'file' as const, path: goldenPath('clip-zero-shot', 'images', 'test', 'hot_dog', '0.png') };
    const request = { model: model.id, columns: [null], image };
    await expect(backend.handle('classification.start', request)).rejects.toThrow(/has no classes of its own/);
    const job = await backend.handle('classification.start', { ...request, zero_shot: { classes } });
    await backend.idle();
    const result = resultOf(await backend.handle('jobs.result', { id: job.id }), 'classify');
    const golden = await readSafetensors(goldenPath('clip-zero-shot', 'expected.safetensors'));
    // Logits of the fourth image with the first template, which is the default.
    const logits = [...(golden.get('logits.first')?.data ?? [])].slice(12).map(Number);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const [column] = result?.columns ?? [];
    expect(column).toMatchObject({ classCount: 4, problem: null });
    for (const [index, label] of classes.entries()) {
      const { probability = Number.NaN } = column?.classes.find((one) => one.label === label) ?? {};
      expect(probability, label).toBeCloseTo(Math.exp(logits[index] ?? Number.NaN) / total, 2);
    }
  });

  it('is refused by a language model, and an index that a split does not have', async () => {
    const image = { kind: 'file', path: '/x.png' } as const;
    const request = { model: 'small-llama', columns: [null], image };
    await expect(backend.handle('classification.start', request)).rejects.toThrow(/does not classify images/);
    const far = { kind: 'example', dataset: 'fashion-mnist-small', split: 'test', index: 1e6 } as const;
    expect((await classified(far)).job.error?.message).toMatch(/no image 1000000/);
  });
});

describe('chat templates', () => {
  const messages = [{ role: 'user', content: 'Why?' }];

  it("are the model's own, the default first, and published ones", async () => {
    const { own, known } = await backend.handle('generation.templates', { model: 'small-llama' });
    expect(own[0]?.name).toBe('default');
    expect(known.map(({ id }) => id)).toContain('chatml');
    const rendered = await backend.handle('generation.render', { model: 'small-llama', messages });
    expect(rendered.problem).toBeNull();
    expect(rendered.prompt).toContain('Why?');
    const same = await backend.handle('generation.render', {
      model: 'small-llama',
      messages,
      template: own[0]?.text ?? '',
    });
    expect(same).toEqual(rendered);
  });

  it('broken templates report the line; templates that reject do so in their own words', async () => {
    const broken = await backend.handle('generation.render', {
      model: 'small-llama',
      messages,
      template: "{{ 'a' }}\n{% for m in messages %}\n{{ m }}",
    });
    expect(broken).toEqual({
      prompt: null,
      tokens: null,
      problem: { line: 2, message: 'the block {% for %} is never closed: {% endfor %} is missing' },
    });
    const refusing = await backend.handle('generation.render', {
      model: 'small-llama',
      messages,
      template: "{{ raise_exception('no users here') }}",
    });
    expect(refusing.problem).toMatchObject({ line: null, message: expect.stringContaining('no users here') });
  });

  it("templates of the request replace the model's own in a generation", async () => {
    const job = await backend.handle('generation.start', {
      model: 'small-llama',
      columns: [null],
      prompt: { kind: 'chat', messages, template: "{{ 'Q: ' + messages[0].content + ' A:' }}" },
      max_new_tokens: 2,
    });
    await backend.idle();
    const answer = await backend.handle('jobs.result', { id: job.id });
    expect(resultOf(answer, 'generate')?.prompt).toBe('Q: Why? A:');
  });
});

describe('a generation', () => {
  const request = {
    model: 'small-llama',
    columns: [null],
    prompt: { kind: 'text' as const, text: 'The' },
    max_new_tokens: 1,
  };

  it('removal deletes a generation with its prompt and text, and nothing else', async () => {
    const { id } = await backend.handle('generation.start', request);
    await expect(backend.handle('generation.remove', { id })).rejects.toThrow(/has not ended/);
    await backend.idle();
    await backend.handle('generation.remove', { id });
    await expect(backend.handle('jobs.result', { id })).rejects.toMatchObject({ code: 'not_found' });
    const other = await start({ kind: 'file', path: join(folder, 'none.png') }, [null]);
    await backend.idle();
    await expect(backend.handle('generation.remove', { id: other.id })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/is not a generation\.$/),
      hint: null,
    });
  });

  it('the next start removes a generation that only its program wanted', async () => {
    const home = join(temporaryFolder(), 'home');
    const resourcesDirectory = bundledResources;
    const first = await openBackend({ home, startEngine: realEngine, resourcesDirectory });
    const { id } = await first.handle('generation.start', request);
    await first.handle('generation.start', { ...request, kept: false });
    await first.idle();
    await first.handle('generation.start', { ...request, kept: false });
    expect(await first.handle('jobs.list', { active: false })).toHaveLength(3);
    await first.close();
    const second = await openBackend({ home, startEngine: realEngine, resourcesDirectory });
    expect((await second.handle('jobs.list', { active: false })).map((job) => job.id)).toEqual([id]);
  });
});
