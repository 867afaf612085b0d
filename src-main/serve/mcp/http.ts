import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import { readJsonBody } from '../http/body.ts';
import { HttpError } from '../http/http-error.ts';
import type { Routes } from '../serve-http.ts';
import { type McpOptions, mcpServer } from './server.ts';

/**
 * MCP's streamable HTTP without sessions: each request has a server of its own, and what is kept for one that leaves is
 * nothing.
 */
export function mcpRoutes(client: StudioClient, options: McpOptions): Routes {
  return async ({ request, response, path }) => {
    if (path !== '/mcp') throw new HttpError(404, `There is nothing at ${path}: MCP is at /mcp.`);
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      throw new HttpError(405, 'MCP is asked by POST here: there are no sessions and no events.');
    }
    const body = await readJsonBody(request);
    const server = mcpServer(client, options);
    // No generator: no sessions.
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    response.on('close', () => {
      server.close().catch(() => undefined);
    });
    await server.connect(transport);
    await transport.handleRequest(request, response, body);
  };
}
