import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { parseAsPython } from '../../src-main/engine/data/text/written-number.ts';
import { ChatTemplate } from '../../src-main/engine/tokenization/chat-template.ts';
import { chatMessageSchema } from '../../src-shared/domain/chat-message.ts';
import { chatTemplatesFolder, runPeer } from './python.ts';

const folder = chatTemplatesFolder();
const conversations = join(import.meta.dirname, 'chat-conversations.json');
const asked = z
  .object({ tools: z.array(z.unknown()), conversations: z.record(z.string(), z.array(chatMessageSchema)) })
  .parse(parseAsPython(readFileSync(conversations, 'utf8')));
const casesSchema = z.array(
  z.object({
    template: z.string(),
    conversation: z.string(),
    tools: z.boolean(),
    prompt: z.boolean(),
    text: z.string().optional(),
    error: z.string().optional(),
    kind: z
      .enum(['syntax', 'raised', 'fault'])
      .optional()
      .describe('why there is no text: raised by the template itself'),
  }),
);
/** It writes a filter's generator as JSON, of which Python makes nothing and the studio the list. */
const writesGenerators = 'llama-cpp-deepseek-r1.jinja';
const special = { bos_token: '<s>', eos_token: '</s>', pad_token: '<pad>', unk_token: '<unk>' };
/** A day and an hour of one digit, in the afternoon; the months of Date begin with 0. */
const now = [2026, 7, 4, 15, 9, 5] as const;

beforeAll(() => {
  const [year, month, ...rest] = now;
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(year, month - 1, ...rest) });
});
afterAll(() => {
  vi.useRealTimers();
});

test.skipIf(folder === null)(
  'chat templates of published models give the text of Transformers, or its refusal',
  async () => {
    const cases = casesSchema.parse(runPeer('chat_templates.py', { folder, conversations, now, special }));
    const templates = Map.groupBy(cases, ({ template }) => template);
    expect(templates.size).toBe(70);
    expect(cases.filter(({ text }) => text !== undefined).length).toBeGreaterThan(3000);
    const otherwise = [];
    const rows: string[] = [];
    for (const [name, own] of templates) {
      const template = readFileSync(join(folder ?? '', name), 'utf8');
      const count = (of: (one: (typeof own)[number]) => boolean) => own.filter(of).length;
      rows.push(
        `| ${name} | ${count((one) => one.text !== undefined)} | ${count((one) => one.kind === 'raised')} | ${count((one) => one.kind === 'fault')} |`,
      );
      for (const { conversation, tools, prompt, text, error, kind } of own) {
        if (kind === 'fault' && name === writesGenerators) continue;
        let made: string;
        try {
          // Each alone, so that one's time is not another's.
          made = new ChatTemplate('default', 'it', template).render(asked.conversations[conversation] ?? [], {
            addGenerationPrompt: prompt,
            tools: tools ? asked.tools : undefined,
            variables: special,
          });
        } catch (thrown) {
          made = String(thrown);
        }
        // The words for what a template did not mean to refuse are those of another program.
        const isSame =
          text !== undefined
            ? made === text
            : kind === 'raised'
              ? made.endsWith(`it refuses the conversation: ${error}`)
              : made.includes('it is not a usable chat template');
        if (!isSame) otherwise.push({ name, conversation, tools, prompt, expected: text ?? error, made });
      }
    }
    expect(otherwise).toEqual([]);
    const page = `# Chat templates

${templates.size} templates as models were published with them, of llama.cpp's folder \`models/templates\` in the source of llama-cpp-python 0.3.36: each rendered with ${Object.keys(asked.conversations).length} conversations
(system, reasoning, calls of tools and their answers, a role that none knows), with and without a list of tools, with and without the start of the answer, by Transformers'
\`apply_chat_template\` and by the studio, on the same day. All texts are equal, and so is what a template says where it refuses a conversation itself. Where Transformers stops
at a fault of the template or at what it is not made for (no tools, arguments as one text), the studio stops too; only \`${writesGenerators}\` it renders with tools, which Transformers
does not. \`npm run test:peers -- chat-templates\` fetches the templates by pip, compares, and holds this page to what it finds; \`-u\` writes it again.

| Template | Equal texts | Equal refusals | Neither renders |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
    await expect(page).toMatchFileSnapshot('../../docs/results/chat-templates.md');
  },
);
