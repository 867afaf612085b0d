import type { Command } from 'commander';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import { newToken, tokenOfFile } from '../../serve/http/token.ts';
import { type AskPerson, PersonQuestions } from '../../serve/mcp/person-questions.ts';
import type { Routes } from '../../serve/serve-http.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { formatSummary, toJson } from '../format.ts';
import { packageVersion } from '../package-version.ts';
import type { Terminal } from '../terminal.ts';

const defaultPort = 8642;

const input = z.object({
  openai: z.boolean().default(false),
  mcp: z.boolean().default(false),
  http: z.boolean().default(false),
  allowWrite: z.boolean().default(false),
  unasked: z.boolean().default(false),
  port: z.coerce.number().int().min(0).max(65_535, { error: '--port must be at most 65535' }).default(defaultPort),
  tokenFile: z.string().optional(),
  allowOrigin: z.array(z.string()).default([]),
  json: z.boolean().default(false),
});
type ServeInput = z.infer<typeof input>;

export function addServeCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'serve',
    summary: 'answer other programs on this machine: chat by OpenAI’s API, or the studio’s tools by MCP',
    options: (command) =>
      void command
        .option(
          '--openai',
          'chat with tools, completions and embeddings by bases, adapters and merges at http://127.0.0.1:PORT/v1',
        )
        .option('--mcp', "the studio's tools for assistants, over standard input and output")
        .option('--http', 'with --mcp: at http://127.0.0.1:PORT/mcp instead')
        .option('--allow-write', 'with --mcp: also tools that start, pause and cancel; without it they only read')
        .option('--unasked', 'with --allow-write: start training runs without asking you about each')
        .option('--port <number>', `port on 127.0.0.1; 0 for any that is free (default: ${defaultPort})`)
        .option(
          '--token-file <file>',
          'the token that programs must show; made where it is missing (default: a new one)',
        )
        .option('--allow-origin <origin...>', 'web pages that may ask, e.g. http://localhost:3000 (default: none)')
        .addHelpText(
          'after',
          '\nExamples:\n  coto serve --openai\n  coto serve --openai --mcp --http --token-file ~/.coto-token\n  claude mcp add coto -- coto serve --mcp\n',
        ),
    input,
    async run(given, { terminal, withStudio, writeJson }) {
      checkOptions(given);
      const isOnHttp = given.openai || given.http;
      const token = given.tokenFile === undefined ? newToken() : await tokenOfFile(given.tokenFile);
      // Standard input and output belong to the assistant if it started this command.
      const ask = isOnHttp ? askIn(terminal) : async () => null;
      const questions = given.unasked ? null : new PersonQuestions(ask);
      const stop = new AbortController();
      const stopListening = terminal.onInterrupt(() => stop.abort());
      try {
        await withStudio(
          async (client) => {
            const server = isOnHttp ? await openHttp(client, given, token, questions) : null;
            try {
              const places = server === null ? [] : placesOf(given, server.url, token);
              const isStdio = given.mcp && !given.http;
              // Over standard output an assistant is spoken to.
              const say = isStdio ? terminal.report : terminal.write;
              if (writeJson !== null && !isStdio) await writeJson(once(toJson(Object.fromEntries(places))));
              else if (places.length > 0) say(formatSummary(places));
              if (isStdio) await stdioEnds(client, given, questions, stop.signal);
              else await aborted(stop.signal);
            } finally {
              await server?.close();
            }
          },
          { forPrograms: true },
        );
      } finally {
        stopListening();
      }
      return { text: '' };
    },
  });
}

/** @throws StudioError invalid_input */
function checkOptions({ openai, mcp, http, allowWrite, unasked, tokenFile, allowOrigin }: ServeInput): void {
  const refuse = (message: string, hint: string): never => {
    throw new StudioError('invalid_input', message, hint);
  };
  if (!openai && !mcp) refuse('Nothing is chosen to be served.', 'Give --openai, --mcp, or both.');
  if (!mcp && (http || allowWrite))
    refuse(`${http ? '--http' : '--allow-write'} needs --mcp.`, 'Add it, or leave both.');
  if (unasked && !allowWrite) refuse('--unasked needs --allow-write.', 'Add it, or leave both.');
  if (!openai && !http && (tokenFile !== undefined || allowOrigin.length > 0))
    refuse('--token-file and --allow-origin are for HTTP.', 'Add --http, or --openai.');
  for (const origin of allowOrigin)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      refuse(`--allow-origin "${origin}" is no origin.`, 'Write scheme, host and port: http://localhost:3000.');
}

/** Imports the server here only, so that other commands start faster. */
async function openHttp(
  client: StudioClient,
  { openai, http, allowWrite, port, allowOrigin }: ServeInput,
  token: string,
  questions: PersonQuestions | null,
) {
  const { serveHttp } = await import('../../serve/serve-http.ts');
  const { sendApiError } = await import('../../serve/openai/errors.ts');
  const routes = new Map<string, Routes>();
  if (openai) routes.set('/v1', (await import('../../serve/openai/routes.ts')).openaiRoutes(client));
  if (http) {
    const { mcpRoutes } = await import('../../serve/mcp/http.ts');
    routes.set('/mcp', mcpRoutes(client, { version: packageVersion(), allowWrite, questions }));
  }
  return serveHttp({ port, token, allowedOrigins: allowOrigin, routes, fail: sendApiError });
}

async function stdioEnds(
  client: StudioClient,
  { allowWrite }: ServeInput,
  questions: PersonQuestions | null,
  signal: AbortSignal,
): Promise<void> {
  const { serveStdio } = await import('../../serve/mcp/stdio.ts');
  await serveStdio(client, { version: packageVersion(), allowWrite, questions }, signal);
}

function askIn(terminal: Terminal): AskPerson {
  return async (question) => {
    const answer = await terminal.ask(`${question} [y/N] `);
    return answer === null ? null : /^y(es)?$/i.test(answer.trim());
  };
}

function placesOf({ openai, http }: ServeInput, url: string, token: string): [string, string][] {
  const places: [string, string][] = [];
  if (openai) places.push(['openai', `${url}/v1`]);
  if (http) places.push(['mcp', `${url}/mcp`]);
  return [...places, ['token', token]];
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function* once(text: string): AsyncIterable<string> {
  yield text;
}
