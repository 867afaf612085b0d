import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { cotoOn, temporaryFolder } from '../cli/run-command.ts';
import { serving } from '../cli/serving.ts';
import { bareEncoder } from '../engine/bare-encoder.ts';
import { withWords } from '../engine/tasks/text-task.ts';
import { writeScriptedModel } from '../scripted-model.ts';
import { writeSentenceFiles } from '../sentence-files.ts';
import { toolScript, weatherTool } from '../serve/openai/tool-script.ts';
import { openaiPython, runPeer, sentencePython } from './python.ts';

const python = openaiPython();
const sentence = sentencePython();
const folder = temporaryFolder();
const home = join(folder, 'home');
const texts = ['the film was good .', 'a very long book', 'not bad', 'short'];
const vectorsSchema = z.array(z.array(z.number()));

it.skipIf(python === null)(
  "OpenAI's own client lists, chats, calls tools, completes, streams, embeds and reads errors",
  async () => {
    const encoder = withWords(await bareEncoder('bert', 'BertModel', 'bert', join(folder, 'encoder')));
    await writeSentenceFiles(encoder, { width: 32, pooling: 'mean', dense: [24, 12] });
    await writeScriptedModel(join(folder, 'caller'), toolScript);
    for (const model of [encoder, join(folder, 'caller')]) {
      const added = await cotoOn(home)(['models', 'add', model]);
      expect(added.code, added.err).toBe(0);
    }
    const { openai, token, stop } = await serving(home, ['--openai']);
    // The server is in this process, which must not wait.
    const client = spawn(python ?? '', [fileURLToPath(new URL('openai_client.py', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    client.stdin.end(JSON.stringify({ url: openai, token, tools: [weatherTool], texts }));
    const answer = await json(client.stdout);
    expect(await stop()).toBe(0);
    expect(answer).toMatchObject({
      models: expect.arrayContaining(['small-llama', 'caller', 'encoder']),
      model: 'small-llama',
      chat: { role: 'assistant', text: expect.any(String), finish: expect.stringMatching(/^(stop|length)$/) },
      completion: expect.stringMatching(/./),
      tools: {
        content: 'Let me look.',
        finish: 'tool_calls',
        call: ['function', 'weather', { city: 'Paris' }],
        answer: ['It snows.', 'stop'],
        streamed: [0, 'weather', '{"city": "Paris"}'],
        forced: [null, { city: 'Forced' }],
      },
      embedded: expect.any(Number),
      unknown: { type: 'NotFoundError', status: 404, param: 'model' },
      unsupported: { type: 'BadRequestError', status: 400, param: 'logit_bias' },
      untooled: { type: 'BadRequestError', status: 400, param: 'tools' },
      uncut: { type: 'BadRequestError', status: 400, param: 'dimensions' },
      stranger: { type: 'AuthenticationError', status: 401 },
    });
    const { tokens, values, best } = Object(answer).logprobs;
    expect(tokens).toEqual(best);
    expect(values.every((value: number) => value <= 0)).toBe(true);
    const { chat, streamed, completion, streamed_completion } = Object(answer);
    expect(streamed).toEqual({ text: chat.text, finish: chat.finish, tokens: chat.tokens });
    expect(streamed_completion.split('\n')[0]).toBe(completion);
    const { vectors, plain } = z.object({ vectors: vectorsSchema, plain: vectorsSchema }).parse(answer);
    expect(vectors).toEqual(plain);
    if (sentence === null) return;
    const [peer] = z
      .array(z.object({ sentence: vectorsSchema }))
      .parse(
        runPeer('./embedding_vectors.py', [{ base: encoder, adapter: null, texts, pooling: 'mean' }], [], sentence),
      );
    expect(vectors.map(({ length }) => length)).toEqual([12, 12, 12, 12]);
    for (const [row, vector] of (peer?.sentence ?? []).entries())
      for (const [at, value] of vector.entries())
        expect(Math.abs(value - (vectors[row]?.[at] ?? Number.NaN)), `${row} ${at}`).toBeLessThan(1e-4);
  },
);
