import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ChatTemplate } from '../../src-main/engine/tokenization/chat-template.ts';
import { type AnswerPart, CallReader } from '../../src-main/serve/openai/tools/call-reader.ts';
import { type Render, readTemplateTools } from '../../src-main/serve/openai/tools/template-tools.ts';
import { templateMessages } from '../../src-main/serve/openai/tools/tool-messages.ts';
import { chatTemplatesFolder } from './python.ts';

const folder = chatTemplatesFolder();
const special = { bos_token: '<s>', eos_token: '</s>', pad_token: '<pad>', unk_token: '<unk>' };
const city = { type: 'string', description: 'Name of a city' };
const parameters = {
  type: 'object',
  properties: { city, days: { type: 'integer', description: 'Number of days' } },
  required: ['city'],
};
const tools = [{ type: 'function', function: { name: 'weather', description: 'Looks the weather up.', parameters } }];
const given = { city: 'Zürich "1"', days: 2 };
const conversation = [
  { role: 'user', content: 'Weather?' },
  {
    role: 'assistant',
    content: '',
    tool_calls: [
      { id: 'call_of_a_client', type: 'function', function: { name: 'weather', arguments: JSON.stringify(given) } },
    ],
  },
  { role: 'tool', tool_call_id: 'call_of_a_client', content: 'Snow.' },
];

function renderOf(name: string): Render {
  const text = readFileSync(join(folder ?? '', name), 'utf8');
  return async (messages, offered, addGenerationPrompt) => {
    try {
      return new ChatTemplate('default', 'it', text).render(messages, {
        addGenerationPrompt,
        tools: offered ?? undefined,
        variables: special,
      });
    } catch {
      return null;
    }
  };
}

test.skipIf(folder === null)('calls that chat templates of published models write are read', async () => {
  const names = readdirSync(folder ?? '').filter((name) => name.endsWith('.jinja'));
  const rows: string[] = [];
  for (const name of names.toSorted()) {
    const render = renderOf(name);
    const found = await readTemplateTools(render);
    const { format, readsTools, readsCalls, readsResults, argumentsAre } = found;
    const isServed = readsTools && format !== null;
    const cells = [
      isServed ? format.id : readsTools ? 'another form' : 'no tools',
      readsCalls ? argumentsAre : isServed ? 'written into the content' : '–',
      readsResults ? 'yes' : 'no',
    ];
    rows.push(`| ${name} | ${cells.join(' | ')} |`);
    if (!isServed || !readsResults) continue;
    const messages = templateMessages(conversation, found);
    const text = (await render(messages, tools, true)) ?? '';
    expect(text, name).toContain('Snow.');
    const reader = new CallReader(format, new Map([['weather', parameters]]), true);
    const begin = Math.max(...format.begins.map((one) => text.lastIndexOf(one)));
    const from = format.isOnlyAtStart ? text.indexOf('{"name": "weather", "parameters": {"') : begin;
    const parts: AnswerPart[] = [...reader.push(text.slice(from)), ...reader.end()];
    const calls = parts.flatMap((part) => ('calls' in part ? part.calls : []));
    expect([name, calls.map((call) => [call.name, JSON.parse(call.arguments)])]).toEqual([name, [['weather', given]]]);
  }
  const page = `# Tool calls

${names.length} chat templates of published models, from the same source as [chat-templates.md](chat-templates.md). \`coto serve\` renders a call of a function with each template, and chooses
the form of calls that reads it back. *Form* is the id in \`src-main/serve/openai/tools/formats/\`; models with *another form*, or whose template
takes *no tools*, are served without tools. *Arguments* is how the template reads the arguments of earlier calls: as an object, or as a
string of JSON; where a template leaves calls out, they are written into the content. *Results*: messages of the role tool appear in
the prompt. For every form the test sends a call and its result through the template, and reads the call back.
\`npm run test:peers -- tool-calls\` checks this page; \`-u\` writes it again.

| Template | Form | Arguments | Results |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
  await expect(page).toMatchFileSnapshot('../../docs/results/tool-calls.md');
});
