import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { parseAsPython } from '../../src-main/engine/data/text/written-number.ts';
import { AnswerSpans } from '../../src-main/engine/tasks/shared/answer-spans.ts';
import { ChatTemplate } from '../../src-main/engine/tokenization/chat-template.ts';
import { type ChatMessage, chatMessageSchema } from '../../src-shared/domain/generation/chat-message.ts';
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
/** Writes a filter's generator as JSON, which fails in Python and gives the list here. */
const writesGenerators = 'llama-cpp-deepseek-r1.jinja';
const special = { bos_token: '<s>', eos_token: '</s>', pad_token: '<pad>', unk_token: '<unk>' };
/** A day and an hour of one digit, in the afternoon; the months of Date begin with 0. */
const now = [2026, 7, 4, 15, 9, 5] as const;

/** Two answers, the second of which is the last: many templates write its reasoning only. */
const talks: Readonly<Record<string, ChatMessage[]>> = {
  plain: talk({}, {}),
  reasoning: talk(
    ...(['Think of France.', 'Think of Italy.'].map((reasoning) => ({
      reasoning_content: reasoning,
      thinking: reasoning,
    })) as [object, object]),
  ),
};

function talk(first: object, second: object): ChatMessage[] {
  return [
    { role: 'user', content: 'Capital of France?' },
    { role: 'assistant', content: 'Paris.', ...first },
    { role: 'user', content: 'Of Italy?' },
    { role: 'assistant', content: 'Rome.', ...second },
  ];
}

/** Tags, words and single characters, as the tokenizers of most models split what templates write. */
const pieces = /<[^<>\s]{1,40}>|\[\/?[A-Z_]+\]|\w+|[\s\S]/g;

/** The texts of a talk's answers that are learned; null where the template has no text of the talk. */
function learnedAnswers(template: string, messages: readonly ChatMessage[]): string[] | null {
  const render = (part: readonly ChatMessage[], addGenerationPrompt: boolean) =>
    new ChatTemplate('default', 'it', template).render(part, { addGenerationPrompt, variables: special });
  const [known, names] = [new Map<string, number>(), [] as string[]];
  const encode = (text: string) =>
    (text.match(pieces) ?? []).map((piece) => {
      if (!known.has(piece)) known.set(piece, names.push(piece) - 1);
      return known.get(piece) ?? 0;
    });
  let text: string;
  try {
    text = render(messages, false);
  } catch {
    return null;
  }
  const ids = encode(text);
  const spans = new AnswerSpans(messages, text, ids, render, encode).all();
  return spans.map(({ start, end }) =>
    ids
      .slice(start, end)
      .map((id) => names[id])
      .join(''),
  );
}

/** Counts the trained answers, and those without their reasoning. */
function answersCell(template: string, name: string): string {
  const messages = talks[name] ?? [];
  const answers = learnedAnswers(template, messages);
  if (answers === null) return '–';
  const asked = messages.filter(({ role }) => role === 'assistant');
  for (const answer of answers) expect(answer).not.toMatch(/Italy\?|France\?/);
  const learned = asked.filter(({ content }, at) => answers[at]?.includes(content));
  const bare = asked.filter(
    ({ reasoning_content: reasoning }, at) => typeof reasoning === 'string' && !answers[at]?.includes(reasoning),
  );
  return `${learned.length} of ${asked.length}${bare.length > 0 ? `, ${bare.length} without reasoning` : ''}`;
}

test.skipIf(folder === null)('answers are those that templates with {% generation %} mark, without a header', () => {
  const schema = z.record(z.string(), z.record(z.string(), z.array(z.string())));
  const marked = schema.parse(runPeer('chat_answers.py', { folder, talks, special }));
  expect(Object.keys(marked)).toHaveLength(4);
  for (const [name, answers] of Object.entries(marked))
    for (const [talkName, texts] of Object.entries(answers)) {
      const template = readFileSync(join(folder ?? '', name), 'utf8');
      const own = learnedAnswers(template, talks[talkName] ?? []) ?? [];
      // Some mark the header and what else add_generation_prompt writes, which the model does not generate.
      const headers = texts.map((text, at) => [text.endsWith(own[at] ?? '?'), text.slice(0, -(own[at] ?? '').length)]);
      for (const [isEnd, header] of headers) {
        expect([name, talkName, isEnd]).toEqual([name, talkName, true]);
        expect(header).toMatch(/^(<assistant>\n?(<\/?think>)?)?$/);
      }
    }
});

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
        `| ${name} | ${count((one) => one.text !== undefined)} | ${count((one) => one.kind === 'raised')} | ${count((one) => one.kind === 'fault')} | ${answersCell(template, 'plain')} | ${answersCell(template, 'reasoning')} |`,
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

The last columns count the answers of a conversation of two that training learns, without and with reasoning: an answer's tokens
follow the generation prompt and include the end of the turn. *Without reasoning*: the template leaves it out of the text. Of the four
templates with \`{% generation %}\`, the answers are what Transformers marks, less the header where they mark it too. – : the template
has no text of the conversation without tools.

| Template | Equal texts | Equal refusals | Neither renders | Answers learned | With reasoning |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
    await expect(page).toMatchFileSnapshot('../../docs/results/chat-templates.md');
  },
);
