import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../cli/run-command.ts';
import { serving } from '../cli/serving.ts';
import { openaiPython } from './python.ts';

const python = openaiPython();
const home = join(temporaryFolder(), 'home');

it.skipIf(python === null)("OpenAI's own client lists, chats, completes, streams and reads errors", async () => {
  const { openai, token, stop } = await serving(home, ['--openai']);
  // The server is in this process, which must not wait.
  const client = spawn(python ?? '', [fileURLToPath(new URL('openai_client.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  client.stdin.end(JSON.stringify({ url: openai, token }));
  const answer = await json(client.stdout);
  expect(await stop()).toBe(0);
  expect(answer).toMatchObject({
    models: expect.arrayContaining(['small-llama']),
    model: 'small-llama',
    chat: { role: 'assistant', text: expect.any(String), finish: expect.stringMatching(/^(stop|length)$/) },
    completion: expect.stringMatching(/./),
    unknown: { type: 'NotFoundError', status: 404, param: 'model' },
    unsupported: { type: 'BadRequestError', status: 400, param: 'n' },
    stranger: { type: 'AuthenticationError', status: 401 },
  });
  const { chat, streamed, completion, streamed_completion } = Object(answer);
  expect(streamed).toEqual({ text: chat.text, finish: chat.finish, tokens: chat.tokens });
  expect(streamed_completion.split('\n')[0]).toBe(completion);
});
