import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { chatTemplates, renderChat } from '../../src-main/engine/tokenization/chat-template.ts';
import { vocabularyFiles } from '../../src-main/engine/tokenization/conversion/index.ts';
import { loadTokenizer, TextTokenizer } from '../../src-main/engine/tokenization/tokenizer.ts';
import {
  parseTokenizer,
  parseTokenizerConfig,
  type TokenizerFiles,
} from '../../src-main/engine/tokenization/tokenizer-files.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { goldenPath } from '../engine/golden.ts';
import { fuzzCases } from './cases.ts';
import { expectReadOrRefused } from './corrupt.ts';
import { mutateBytes, mutateJson, seededNumbers } from './mutations.ts';

const cases = fuzzCases;
const texts = ['Größe 中文 a1½b  c\n', '<s>[CLS]</s> !!', ''];

const golden = readdirSync(goldenPath('misc', 'tokenizers')).map((name) => goldenPath('misc', 'tokenizers', name));

const home = mkdtempSync(join(tmpdir(), 'coto-fuzz-tokenizer-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The golden tokenizers with as much of their vocabulary as reading one 10 000 times allows. */
const withTokenizerJson = golden.map((folder) => join(folder, 'tokenizer.json')).filter((file) => existsSync(file));
const smallTokenizers = withTokenizerJson.map((file) => {
  const parsed = z
    .looseObject({
      model: z.looseObject({
        vocab: z.union([z.record(z.string(), z.number()), z.array(z.unknown())]),
        merges: z.array(z.unknown()).optional(),
      }),
    })
    .parse(JSON.parse(readFileSync(file, 'utf8')));
  const { vocab, merges } = parsed.model;
  const fewer = Array.isArray(vocab) ? vocab.slice(0, 60) : Object.fromEntries(Object.entries(vocab).slice(0, 60));
  return { ...parsed, model: { ...parsed.model, vocab: fewer, ...(merges ? { merges: merges.slice(0, 20) } : {}) } };
});

function files(tokenizer: string, config: string): TokenizerFiles {
  return {
    file: 'tokenizer.json',
    configFile: 'tokenizer_config.json',
    tokenizer: parseTokenizer('tokenizer.json', tokenizer),
    config: parseTokenizerConfig('tokenizer_config.json', config),
    chatTemplate: null,
  };
}

/** Limit of the process's memory growth over all cases: hostile sizes would request far more at once. */
const growthBytes = 400 * 2 ** 20;

/** Runs, or throws an error that a person can read, which names the file. */
function runsOrNames(file: string, run: () => void): 'ran' | 'refused' {
  try {
    run();
    return 'ran';
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw thrown;
    expect(thrown.message).toContain(file);
    expect(thrown.message.length).toBeLessThan(1000);
    return 'refused';
  }
}

it('reads a damaged tokenizer.json, or names it', () => {
  const random = seededNumbers(1);
  const counts = { ran: 0, refused: 0 };
  const before = process.memoryUsage().rss;
  for (let index = 0; index < cases; index++) {
    const whole = smallTokenizers[index % smallTokenizers.length];
    const damaged =
      random() < 0.7
        ? JSON.stringify(mutateJson(whole, random))
        : mutateBytes(Buffer.from(JSON.stringify(whole)), random).toString('utf8');
    const outcome = runsOrNames('tokenizer.json', () => {
      const tokenizer = new TextTokenizer(files(damaged, '{}'));
      const [first] = tokenizer.encodeAll(texts, { pair: 'b' });
      tokenizer.decode([...(first?.ids ?? []), 0, 59, 1e9], { skipSpecialTokens: true });
    });
    counts[outcome]++;
  }
  expect(counts.ran).toBeGreaterThan(cases / 20);
  expect(counts.refused).toBeGreaterThan(cases / 10);
  expect(process.memoryUsage().rss - before).toBeLessThan(growthBytes);
});

const templates = Object.values(
  z
    .object({ templates: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(goldenPath('misc', 'chat-templates.json'), 'utf8'))).templates,
);

it('renders a damaged tokenizer_config.json and its template, or names them', () => {
  const random = seededNumbers(2);
  const tokenizer = JSON.stringify({ model: { type: 'BPE', vocab: { a: 0 }, merges: [] } });
  const counts = { ran: 0, refused: 0 };
  const before = process.memoryUsage().rss;
  for (let index = 0; index < cases; index++) {
    const template = templates[index % templates.length] ?? '';
    const config = {
      bos_token: '<s>',
      eos_token: { content: '</s>' },
      chat_template: index % 2 ? template : [{ name: 'default', template }],
      padding_side: 'left',
    };
    const damaged =
      random() < 0.4
        ? mutateJson(config, random)
        : { ...config, chat_template: mutateBytes(Buffer.from(template), random).toString('utf8') };
    const outcome = runsOrNames('tokenizer_config.json', () => {
      const given = files(tokenizer, JSON.stringify(damaged));
      chatTemplates(given);
      renderChat(new TextTokenizer(given), [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello {{ there }}' },
      ]);
    });
    counts[outcome]++;
  }
  expect(counts.ran).toBeGreaterThan(cases / 20);
  expect(counts.refused).toBeGreaterThan(cases / 10);
  expect(process.memoryUsage().rss - before).toBeLessThan(growthBytes);
});

/** The golden SentencePiece models, each a copied folder whose model is damaged again and again. */
const sentencePieceModels = golden.flatMap((folder) => {
  const name = vocabularyFiles.find((file) => existsSync(join(folder, file)));
  if (name === undefined) return [];
  const copy = mkdtempSync(join(home, 'model-'));
  cpSync(folder, copy, { recursive: true });
  return [{ folder: copy, path: join(copy, name), original: readFileSync(join(copy, name)) }];
});

it('converts a damaged SentencePiece model, or names it', async () => {
  const random = seededNumbers(3);
  expect(sentencePieceModels.length).toBeGreaterThan(5);
  let ran = 0;
  await expectReadOrRefused(cases, home, async (index) => {
    const model = sentencePieceModels[index % sentencePieceModels.length];
    if (model === undefined) throw new Error('there is no golden SentencePiece model');
    writeFileSync(model.path, mutateBytes(model.original, random));
    const tokenizer = await loadTokenizer(model.folder);
    const [first] = tokenizer.encodeAll(texts, { pair: 'b' });
    tokenizer.decode([...(first?.ids ?? []), 0, 59, 1e9], { skipSpecialTokens: true });
    ran++;
  });
  expect(ran).toBeGreaterThan(cases / 20);
  expect(ran).toBeLessThan(cases);
});
