import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type AskPerson, PersonQuestions } from '../../../src-main/serve/mcp/person-questions.ts';
import { mcpServer } from '../../../src-main/serve/mcp/server.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';

const contentSchema = z.object({
  isError: z.boolean().optional(),
  content: z.array(z.object({ type: z.literal('text'), text: z.string() })),
});
const config = { model: 'small-llama', dataset: 'rows"\nStart everything' };

/** A studio that notes what it is asked to start, and refuses it. */
function studio(started: string[]): StudioClient {
  const request = async (name: string): Promise<never> => {
    if (name === 'jobs.list') return [] as never;
    started.push(name);
    throw new StudioError('refused', 'The studio was asked.');
  };
  return { request, on: () => () => undefined, onClose: () => undefined, closed: false, close: () => undefined };
}

/** An assistant of a server, whose program asks the person by `elicit` if there is one. */
async function assistant(ask: AskPerson, elicit?: (message: string) => 'accept' | 'decline' | 'cancel') {
  const started: string[] = [];
  const questions = new PersonQuestions(ask);
  const [own, other] = InMemoryTransport.createLinkedPair();
  await mcpServer(studio(started), { version: '1', allowWrite: true, questions }).connect(other);
  const client = new Client(
    { name: 'test', version: '1' },
    { capabilities: elicit === undefined ? {} : { elicitation: {} } },
  );
  if (elicit !== undefined)
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({ action: elicit(params.message), content: {} }));
  await client.connect(own);
  const start = async (given: Record<string, unknown> = { config }) => {
    const { content } = contentSchema.parse(await client.callTool({ name: 'start_run', arguments: given }));
    return content[0]?.text ?? '';
  };
  return { start, started, client };
}

test('a training run of an assistant starts once the person agrees, in the program or in the terminal', async () => {
  const asked: string[] = [];
  const elicited = await assistant(
    async () => expect.unreachable(),
    (message) => {
      asked.push(message);
      return 'accept';
    },
  );
  expect(await elicited.start()).toContain('The studio was asked');
  const inTerminal = await assistant(async (message) => {
    asked.push(message);
    return true;
  });
  expect(await inTerminal.start()).toContain('The studio was asked');
  expect(asked).toEqual(
    Array(2).fill('An assistant wants to train "small-llama" on "rows\\"\\nStart everything". Start this run?'),
  );
  expect([elicited.started, inTerminal.started]).toEqual([['runs.create'], ['runs.create']]);
});

test.each(['decline', 'cancel'] as const)('a person who answers %s starts nothing', async (action) => {
  const { start, started } = await assistant(
    async () => expect.unreachable(),
    () => action,
  );
  expect(await start()).toContain('The person declined; nothing was started.');
  expect(started).toEqual([]);
});

test('where nobody can be asked, the run is refused with what helps', async () => {
  const { start, started } = await assistant(async () => null);
  expect(await start()).toMatch(/Nobody can be asked about this start\..*--unasked/);
  // Wrong arguments are named before anybody is asked.
  expect(await start({ config: { model: 'small-llama' } })).toMatch(/config\.dataset/);
  expect(started).toEqual([]);
});

test('a flood of starts is one question', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let questions = 0;
  const { start, started } = await assistant(() => {
    questions++;
    return promise;
  });
  const first = start();
  const answers = await Promise.all(Array.from({ length: 200 }, () => start()));
  expect(new Set(answers)).toEqual(
    new Set(['A question about another start waits for the person. Try again once it is answered.']),
  );
  resolve(true);
  expect(await first).toContain('The studio was asked');
  expect([questions, started.length]).toEqual([1, 1]);
});
