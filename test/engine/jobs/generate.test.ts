import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { GenerateTask } from '../../../src-main/engine/contract.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { WarmBase } from '../../../src-main/engine/generation/warm-base.ts';
import { runGenerateTask } from '../../../src-main/engine/jobs/generate.ts';
import { TextStreams } from '../../../src-main/engine/jobs/text-streams.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { testContext } from './test-context.ts';

const bundled = fileURLToPath(new URL('../../../assets/models/small-llama', import.meta.url));
const task: GenerateTask = {
  kind: 'generate',
  compute: testCompute,
  modelDirectory: bundled,
  adapterDirectories: [null],
  prompt: { kind: 'text', text: 'The people of the United States' },
  max_new_tokens: 12,
  stop: [],
  seed: 3,
  compute_dtype: 'float32',
  sampling: {},
};

/** The task's result, its texts put together from the events, and what else was said. */
async function generated(changes: Partial<GenerateTask> = {}, cancelAfter = Number.POSITIVE_INFINITY) {
  const events: EngineEvent[] = [];
  const { result } = await runGenerateTask({ ...task, ...changes }, testContext(events, cancelAfter), state);
  const texts = result.columns.map(() => '');
  for (const event of events)
    if (event.kind === 'text') for (const { column, text } of event.pieces) texts[column] += text;
  return { result, texts };
}

let scratch: string;
const warm = new WarmBase();
const state = { warm, streams: new TextStreams() };
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-generate-'));
});
afterAll(() => {
  warm.release();
  return rm(scratch, { recursive: true, force: true });
});

describe('generate', () => {
  it('writes the same text for the same seed, and streams what it writes', async () => {
    const { result, texts } = await generated();
    const [column] = result.columns;
    expect(column).toMatchObject({ finish: 'length', newTokens: 12 });
    expect(column?.promptTokens).toBeGreaterThan(3);
    expect(column?.text.length).toBeGreaterThan(10);
    expect(texts).toEqual([column?.text]);
    expect(result.prompt).toBe('The people of the United States');
    expect((await generated()).result.columns[0]?.text).toBe(column?.text);
    expect((await generated({ seed: 4 })).result.columns[0]?.text).not.toBe(column?.text);
  });

  it('ends before a stop string, which it never shows', async () => {
    const whole = (await generated({ max_new_tokens: 40 })).result.columns[0]?.text ?? '';
    const stop = whole.slice(12, 15);
    const { result, texts } = await generated({ max_new_tokens: 40, stop: [stop] });
    expect(result.columns[0]).toMatchObject({ finish: 'stop', text: whole.slice(0, whole.indexOf(stop)) });
    expect(texts[0]).toBe(result.columns[0]?.text);
  });

  it("writes a conversation in the model's own template, and ends with the turn", async () => {
    const { result } = await generated({ prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Hi' }] } });
    expect(result.prompt).toBe('<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n');
    expect(result.columns[0]?.text).not.toContain('<|im_end|>');
  });

  it('sets adapters beside the base, each with a text of its own', async () => {
    const folders = [await madeAdapter(0), await madeAdapter(0.2)];
    const greedy = { sampling: { temperature: 0 } };
    const { result } = await generated({ ...greedy, adapterDirectories: [null, ...folders] });
    const [base, nothing, something] = result.columns.map(({ text }) => text);
    expect(base).toBe((await generated(greedy)).result.columns[0]?.text);
    // B is zero.
    expect(nothing).toBe(base);
    expect(something).not.toBe(base);
  });

  it('ends between tokens when it is told to, and keeps what was written', async () => {
    const { result, texts } = await generated({ max_new_tokens: 100 }, 5);
    expect(result.columns[0]).toMatchObject({ finish: 'cancelled', newTokens: 5 });
    expect(texts[0]).toBe(result.columns[0]?.text);
  });

  it('writes the texts of several tasks together, each as it is alone', async () => {
    const tasks: Partial<GenerateTask>[] = [
      { sampling: { temperature: 0 }, topTokens: 2 },
      { prompt: { kind: 'text', text: 'He said' }, max_new_tokens: 30, seed: 8 },
      { prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Hi' }] }, sampling: { temperature: 0 } },
      { prompt: { kind: 'text', text: 'The' }, stop: ['e'], max_new_tokens: 20, seed: 2 },
    ];
    const alone: Awaited<ReturnType<typeof generated>>[] = [];
    for (const changes of tasks) alone.push(await generated(changes));
    const ended: number[] = [];
    const together = await Promise.all(
      tasks.map(async (changes, index) => {
        const made = await generated(changes);
        ended.push(index);
        return made;
      }),
    );
    for (const [index, { result, texts }] of together.entries()) {
      const [column, wanted] = [result.columns[0], alone[index]?.result.columns[0]];
      expect(texts).toEqual([column?.text]);
      expect(column).toMatchObject({ text: wanted?.text, finish: wanted?.finish, newTokens: wanted?.newTokens });
      expect(result.prompt).toBe(alone[index]?.result.prompt);
      expect(column?.tokens?.map(({ id }) => id)).toEqual(wanted?.tokens?.map(({ id }) => id));
      for (const [at, { logprob }] of (column?.tokens ?? []).entries())
        expect(Math.abs(logprob - (wanted?.tokens?.[at]?.logprob ?? 0))).toBeLessThan(1e-4);
    }
    // The longest text does not keep the others.
    const lengths = alone.map(({ result }) => result.columns[0]?.newTokens ?? 0);
    expect(ended.at(-1)).toBe(lengths.indexOf(Math.max(...lengths)));
    expect(ended[0]).toBe(0);
  });

  it('ends one of several texts without the others', async () => {
    const whole = await generated({ max_new_tokens: 20 });
    const [cut, kept] = await Promise.all([generated({ max_new_tokens: 100 }, 5), generated({ max_new_tokens: 20 })]);
    expect(cut.result.columns[0]).toMatchObject({ finish: 'cancelled', newTokens: 5 });
    expect(kept.result.columns[0]).toMatchObject({ finish: 'length', text: whole.result.columns[0]?.text });
    const failed = generated({ prompt: { kind: 'text', text: '' } });
    const [fault, other] = await Promise.allSettled([failed, generated({ max_new_tokens: 20 })]);
    expect(fault).toMatchObject({ status: 'rejected', reason: { message: 'The prompt is empty.' } });
    expect(other).toMatchObject({ status: 'fulfilled', value: { texts: whole.texts } });
  });

  it('writes texts of different adapters one after another', async () => {
    const adapter = await madeAdapter(0.2);
    const greedy = { sampling: { temperature: 0 } };
    const changes = [greedy, { ...greedy, adapterDirectories: [adapter] }, greedy];
    const alone: (string | undefined)[] = [];
    for (const one of changes) alone.push((await generated(one)).texts[0]);
    const together = await Promise.all(changes.map((one) => generated(one)));
    expect(together.map(({ texts }) => texts[0])).toEqual(alone);
    expect(alone[0]).not.toBe(alone[1]);
  });

  it('says why the texts of a model are written one by one', async () => {
    const folder = path.join(scratch, 'long');
    await cp(bundled, folder, { recursive: true });
    const file = path.join(folder, 'config.json');
    const config = z.looseObject({}).parse(JSON.parse(await readFile(file, 'utf8')));
    const factors = Array<number>(16).fill(1);
    const rope_parameters = { rope_type: 'longrope', rope_theta: 10_000, short_factor: factors, long_factor: factors };
    const keys = { rope_parameters, original_max_position_embeddings: 64 };
    await writeFile(file, JSON.stringify({ ...config, ...keys }));
    const events: EngineEvent[] = [];
    const short = { ...task, modelDirectory: folder, max_new_tokens: 3 };
    const both = await Promise.all([1, 1].map(() => runGenerateTask(short, testContext(events), state)));
    expect(both[0]?.result.columns[0]?.newTokens).toBe(3);
    expect(both[1]?.result.columns[0]?.text).toBe(both[0]?.result.columns[0]?.text);
    const lines = events.flatMap((event) => (event.kind === 'log' ? [event.text] : []));
    expect(lines.join('\n')).toContain('are written one by one: it rotates all keys');
  });

  it('refuses models without words, and settings that are none', async () => {
    await expect(generated({ modelDirectory: goldenPath('vit-28', 'base') })).rejects.toThrow('has no tokenizer.json');
    await expect(generated({ sampling: { top_p: 2 } })).rejects.toThrow('Sampling: top_p: ');
    await expect(generated({ sampling: { topp: 1 } })).rejects.toThrow('Sampling: ');
    await expect(generated({ prompt: { kind: 'text', text: '' } })).rejects.toThrow('The prompt is empty.');
  });
});

/** An adapter folder of small-llama whose B holds `size` throughout. */
async function madeAdapter(size: number): Promise<string> {
  await activateCompute(testCompute);
  const base = await loadBaseModel(bundled);
  const model = new AdaptedModel(base);
  try {
    const random = RandomStream.seeded(1, 'initialization');
    await model.createAdapter(adapterSettingsSchema.parse({ target_modules: ['v_proj'] }), { random, labels: null });
    const state = await model.exportState();
    for (const { tensors } of state.modules.values()) tensors.get('b')?.data.fill(size);
    const folder = path.join(scratch, `adapter-${size}`);
    await writeAdapter(folder, state, { description: base.description, baseModelName: 'small-llama' });
    return folder;
  } finally {
    model.dispose();
    base.dispose();
  }
}
