import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import { type McpOptions, mcpServer } from './server.ts';

/** Limit for one message. */
const maxMessageBytes = 4 * 2 ** 20;

/** Serves the process that started this one, over standard input and output, until it leaves or `signal` is aborted. */
export async function serveStdio(client: StudioClient, options: McpOptions, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const transport = new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: maxMessageBytes });
  const server = mcpServer(client, options);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  server.onclose = resolve;
  process.stdin.once('end', resolve);
  process.stdin.once('close', resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await server.connect(transport);
  await ended;
  await server.close();
}
