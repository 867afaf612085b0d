import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { cotoOn, temporaryFolder } from './run-command.ts';

const folder = temporaryFolder();
const coto = cotoOn(join(folder, 'home'));
const generate = (...words: string[]) => coto(['generate', '--max-new-tokens', '8', ...words]);
const answer = z.object({
  prompt: z.string(),
  texts: z.array(z.object({ name: z.string(), text: z.string(), newTokens: z.number(), finish: z.string() })),
});

describe('generate', () => {
  test('writes the text alone to standard output, and one document with --json', async () => {
    const plain = await generate('--model', 'small-llama', '--prompt', 'The people of the', '--temperature', '0');
    expect(plain.code).toBe(0);
    expect(plain.err).toMatch(/^prompt \d+ tokens.*, text 8 tokens/m);
    const { out } = await generate(
      '--model',
      'small-llama',
      '--prompt',
      'The people of the',
      '--temperature',
      '0',
      '--json',
    );
    const { prompt, texts } = answer.parse(JSON.parse(out));
    expect(prompt).toBe('The people of the');
    expect(texts).toMatchObject([{ name: 'base', newTokens: 8, finish: 'length' }]);
    expect(plain.out).toBe(`${texts[0]?.text}\n`);
  });

  test("puts a conversation into the model's own template", async () => {
    const file = join(folder, 'chat.json');
    writeFileSync(file, JSON.stringify([{ role: 'user', content: 'Hello' }]));
    const [fromFile, direct] = await Promise.all([file, 'Hello']).then(async (words) => {
      const outs: string[] = [];
      for (const word of words) outs.push((await generate('--model', 'small-llama', '--chat', word, '--json')).out);
      return outs.map((out) => answer.parse(JSON.parse(out)));
    });
    expect(fromFile?.prompt).toBe('<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n');
    expect(fromFile?.texts[0]?.text).toBe(direct?.texts[0]?.text);
  });

  test('writes it by another template: a published one, or a file', async () => {
    const file = join(folder, 'shout.jinja');
    writeFileSync(file, '{% for m in messages %}{{ m.role | upper }}: {{ m.content }}\n{% endfor %}ANSWER:');
    const ask = ['--model', 'small-llama', '--chat', 'Hello', '--json'];
    const prompts: string[] = [];
    for (const template of ['Zephyr', file])
      prompts.push(answer.parse(JSON.parse((await generate(...ask, '--chat-template', template)).out)).prompt);
    expect(prompts).toEqual(['<|user|>\nHello<|endoftext|>\n<|assistant|>\n', 'USER: Hello\nANSWER:']);
    writeFileSync(file, '{% for m in messages %}\n{{ m.content }');
    const broken = await generate(...ask, '--chat-template', file);
    expect(broken.err).toMatch(/shout\.jinja cannot be used: line \d+: /);
  });

  test("takes what the model's generation_config.json sets, unless it is given, and says so", async () => {
    const model = join(folder, 'greedy-llama');
    cpSync(join(import.meta.dirname, '../../assets/models/small-llama'), model, { recursive: true });
    const settings = { eos_token_id: 0, do_sample: false, max_new_tokens: 5, top_p: 3, num_beams: 4 };
    writeFileSync(join(model, 'generation_config.json'), JSON.stringify(settings));
    const ask = ['generate', '--model', model, '--prompt', 'The people of the'];
    const [own, given] = [
      await coto(ask),
      await coto([...ask, '--max-new-tokens', '3', '--temperature', '0', '--json']),
    ];
    expect(own.err).toContain('from the model: max_new_tokens 5, temperature 0\n');
    expect(own.err).toContain("Ignored in the model's generation_config.json: top_p is 3 (Must be at most 1.)");
    expect(own.err).toMatch(/text 5 tokens/m);
    const { texts } = answer.extend({ fromModel: z.record(z.string(), z.number()) }).parse(JSON.parse(given.out));
    expect(JSON.parse(given.out)).toMatchObject({ fromModel: {} });
    expect(texts).toMatchObject([{ newTokens: 3 }]);
    expect(own.out.startsWith(texts[0]?.text ?? '?')).toBe(true);
  });

  const wrong: [string, string[], RegExp][] = [
    ['no prompt', ['--model', 'small-llama'], /^coto: Give either --prompt or --chat/],
    ['no model', ['--prompt', 'a'], /^coto: No model is given/],
    ['a model of images', ['--model', 'quickdraw-vit', '--prompt', 'a'], /^coto: quickdraw-vit does not generate text/],
    [
      'a template that is none',
      ['--model', 'small-llama', '--chat', 'a', '--chat-template', 'nonesuch'],
      /^coto: There is no chat template "nonesuch", and no file of that name\..*\n?.*default, .*chatml/,
    ],
    [
      'a template for a plain prompt',
      ['--model', 'small-llama', '--prompt', 'a', '--chat-template', 'chatml'],
      /^coto: --chat-template needs --chat/,
    ],
    [
      'a setting that is none',
      ['--model', 'small-llama', '--prompt', 'a', '--top-p', '3'],
      /^coto: top_p is "3": Must be at most 1/,
    ],
    [
      'a chat that is no file',
      ['--model', 'small-llama', '--chat', 'no.json'],
      /^coto: no\.json cannot be read as JSON/,
    ],
  ];
  test.each(wrong)('says what is wrong: %s', async (_, words, message) => {
    const { code, err } = await generate(...words);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });
});
