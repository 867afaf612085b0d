import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { runAddTokensTask } from '../../../src-main/engine/jobs/add-tokens.ts';
import { runQuantizeTask } from '../../../src-main/engine/jobs/quantize.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../../src-main/engine/models/huggingface/model-weights.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { loadTokenizer } from '../../../src-main/engine/tokenization/tokenizer.ts';
import type { NewToken } from '../../../src-shared/domain/models/new-tokens.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { testContext } from './test-context.ts';

const scratch = mkdtempSync(join(tmpdir(), 'coto-add-tokens-'));
const llama = fileURLToPath(new URL('../../../assets/models/small-llama', import.meta.url));
beforeAll(() => activateCompute(testCompute));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const pair: NewToken[] = [
  { content: '<|tool|>', special: true },
  { content: 'zyzzyva', special: false },
];

async function addTokens(source: string, name: string, tokens = pair, context = testContext()) {
  const description = await describeModel(source);
  const outputDirectory = join(scratch, name);
  const from = { name: 'the base', fingerprint: description.fingerprint };
  const result = await runAddTokensTask(
    { kind: 'add-tokens', compute: testCompute, modelDirectory: source, description, tokens, from, outputDirectory },
    context,
  );
  return { ...result, description };
}

/** Logits on ids that every vocabulary here has, by token. */
async function logitsOf(directory: string): Promise<{ values: Float32Array; width: number }> {
  const model = new AdaptedModel(await loadBaseModel(directory));
  const data = Int32Array.from({ length: 24 }, (_, at) => (at * 7) % 60);
  const outputs = model.outputs(tensorsOf(new Map([['input_ids', { shape: [2, 12], data }]])));
  const values = Float32Array.from(outputs['logits']?.dataSync() ?? []);
  const width = outputs['logits']?.shape.at(-1) ?? 0;
  model.base.dispose();
  return { values, width };
}

function columns({ values, width }: { values: Float32Array; width: number }, count: number): Float32Array {
  return values.filter((_, at) => at % width < count);
}

describe('the bundled language model with two tokens more', () => {
  it('encodes and decodes them, answers as before on all others, and starts them at the mean of the known rows', async () => {
    const events: EngineEvent[] = [];
    const before = readdirSync(llama).map((name) => [name, readFileSync(join(llama, name)).length]);
    const { outputDirectory, tokens, description } = await addTokens(llama, 'llama', pair, testContext(events));
    expect(readdirSync(llama).map((name) => [name, readFileSync(join(llama, name)).length])).toEqual(before);
    const size = description.text?.vocabularySize ?? 0;
    expect(tokens.map(({ content }) => content)).toEqual(['<|tool|>', 'zyzzyva']);
    const [tool, word] = tokens.map(({ id }) => id);
    const tokenizer = await loadTokenizer(outputDirectory);
    const old = await loadTokenizer(llama);
    const text = 'a <|tool|> and a zyzzyva';
    const ids = tokenizer.encode(text, { addSpecialTokens: false }).ids;
    expect(ids).toContain(tool);
    expect(ids).toContain(word);
    expect(old.encode(text, { addSpecialTokens: false }).ids).not.toContain(tool);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toContain('zyzzyva');
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).not.toContain('<|tool|>');
    expect(tokenizer.encode('once upon a time').ids).toEqual(old.encode('once upon a time').ids);

    const made = await describeModel(outputDirectory);
    expect(made.text?.vocabularySize).toBe(Math.max(size, (word ?? 0) + 1));
    const [one, other] = [await logitsOf(llama), await logitsOf(outputDirectory)];
    const kept = Math.min(size, tool ?? 0);
    expect(relativeDifference(columns(other, kept), columns(one, kept))).toBeLessThan(1e-6);
    const weights = await openModelWeights(outputDirectory);
    const table = await weights.read(`${made.linears.find(({ kind }) => kind === 'embedding')?.checkpointKey}.weight`);
    await weights.close();
    const width = made.hiddenSize;
    const known = tool ?? 0;
    const mean = Float32Array.from({ length: width }, (_, at) => {
      let sum = 0;
      for (let row = 0; row < known; row++) sum += Number(table.data[row * width + at]);
      return sum / known;
    });
    for (const id of [tool ?? 0, word ?? 0]) {
      const row = Float32Array.from(table.data.slice(id * width, (id + 1) * width));
      expect(relativeDifference(row, mean)).toBeLessThan(1e-2);
    }
    expect(readFileSync(join(outputDirectory, 'PROVENANCE.md'), 'utf8')).toContain('2 added by CoTo Studio');
    expect(events.some((event) => event.kind === 'progress' && event.progress.phase === 'Adding tokens')).toBe(true);
  });

  it.each([
    [
      [
        { content: '<|tool|>', special: true },
        { content: '<|tool|>', special: false },
      ],
      'is given twice',
    ],
    [[{ content: 'the', special: true }], 'already has "the" (id '],
  ])('refuses %o', async (tokens, message) => {
    const tokenizer = await loadTokenizer(llama);
    const has = tokenizer.idOf('the') === null ? [{ content: tokenizer.spelling(300), special: true }] : tokens;
    const given = message.includes('the') ? has : tokens;
    await expect(addTokens(llama, 'refused', given)).rejects.toThrow(
      message.replace('"the"', `"${given[0]?.content}"`),
    );
    expect(existsSync(join(scratch, 'refused'))).toBe(false);
  });

  it('refuses a quantized base, and one without a tokenizer', async () => {
    const description = await describeModel(llama);
    const outputDirectory = join(scratch, 'quantized');
    const from = { name: 'the base', fingerprint: description.fingerprint };
    await runQuantizeTask(
      {
        kind: 'quantize',
        compute: testCompute,
        modelDirectory: llama,
        description,
        type: 'Q8_0',
        from,
        outputDirectory,
      },
      testContext(),
    );
    await expect(addTokens(outputDirectory, 'no')).rejects.toThrow('The model is quantized: ');
    await expect(addTokens(goldenPath('llama', 'base'), 'no')).rejects.toThrow('has no tokenizer.json');
    expect(existsSync(join(scratch, 'no'))).toBe(false);
  });

  it('leaves nothing behind when it is cancelled', async () => {
    const cancelled = { emit: () => undefined, signal: async () => 'cancel' as const };
    await expect(addTokens(llama, 'cancelled', pair, cancelled)).rejects.toThrow('Adding tokens was cancelled');
    expect(readdirSync(scratch).filter((name) => name.includes('cancelled'))).toEqual([]);
  });
});

describe('bases of other forms', () => {
  async function withTokenizer(family: string): Promise<string> {
    const folder = join(scratch, `${family}-base`);
    await cp(goldenPath(family, 'base'), folder, { recursive: true });
    const vocab = Object.fromEntries(Array.from({ length: 60 }, (_, id) => [`t${id}`, id]));
    const tokenizer = { added_tokens: [], model: { type: 'BPE', vocab, merges: [] } };
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
    return folder;
  }

  it.each(['llama', 'llama3', 'gpt2', 'gemma2', 'bert', 'starcoder2'])(
    '%s: unused rows are taken first, then embedding and head grow together',
    async (family) => {
      const source = await withTokenizer(family);
      const base = await describeModel(source);
      const size = base.text?.vocabularySize ?? 0;
      const { outputDirectory, tokens } = await addTokens(
        source,
        `${family}-more`,
        Array.from({ length: size - 60 + 3 }, (_, index) => ({ content: `<new ${index}>`, special: true })),
      );
      expect(tokens[0]?.id).toBe(60);
      const made = await describeModel(outputDirectory);
      expect(made.text?.vocabularySize).toBe(size + 3);
      const [one, other] = [await logitsOf(source), await logitsOf(outputDirectory)];
      const isOfTokens = base.kind === 'causal-lm';
      expect(other.width).toBe(isOfTokens ? one.width + 3 : one.width);
      const kept = isOfTokens ? 60 : one.width;
      expect(relativeDifference(columns(other, kept), columns(one, kept))).toBeLessThan(1e-6);
      const [before, after] = [
        await readSafetensors(join(source, 'model.safetensors')),
        await readSafetensors(join(outputDirectory, 'model.safetensors')),
      ];
      const grown = [...after]
        .filter(([name, { shape }]) => shape[0] !== before.get(name)?.shape[0])
        .map(([name]) => name);
      expect(grown.length).toBeGreaterThan(0);
      for (const name of grown) expect(after.get(name)?.shape[0]).toBe(size + 3);
      await rm(outputDirectory, { recursive: true });
    },
  );
});
