import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** Changes of a test to the answers: wrong bytes, dropped connections, refusals. */
export interface HubBehavior {
  /** Answers every request for the model so. */
  status?: number;
  /** Sends these bytes instead of the file's own. */
  replaced?: ReadonlyMap<string, Buffer>;
  /** Ends the connection after so many bytes once they are `taken`, this many times; it hangs where they never are. */
  drop?: { name: string; afterBytes: number; times: number; taken: (bytes: number) => Promise<void> };
  ignoresRange?: boolean;
  /** Every answer with bytes of a file, where they are counted. */
  served?: { name: string; bytes: number }[];
}

export interface HubServer {
  readonly url: string;
  readonly behavior: HubBehavior;
  /** Every request: "GET /path", its Authorization and Range. */
  readonly requests: { line: string; host: string; authorization: string | null; range: string | null }[];
  close(): Promise<void>;
}

export const commit = `${'c0ffee'.repeat(6)}c0ff`;

/** A hub in the layout of huggingface.co with one model; large files lie on another server, as there. */
export async function startHub(id: string, files: ReadonlyMap<string, Buffer>): Promise<HubServer> {
  const requests: HubServer['requests'] = [];
  const behavior: HubBehavior = {};
  const note = (request: IncomingMessage) =>
    requests.push({
      line: `${request.method} ${request.url}`,
      host: request.headers.host ?? '',
      authorization: request.headers.authorization ?? null,
      range: request.headers.range ?? null,
    });
  const storage = createServer((request, response) => {
    note(request);
    send(request, response, decodeURIComponent((request.url ?? '').slice(1)), files, behavior);
  }).listen(0, '127.0.0.1');
  await once(storage, 'listening');
  const hub = createServer((request, response) => {
    note(request);
    const { pathname } = new URL(request.url ?? '/', 'http://hub');
    if (behavior.status !== undefined) return void response.writeHead(behavior.status).end('no');
    if (pathname === `/api/models/${id}/revision/main` || pathname === `/api/models/${id}/revision/${commit}`)
      return void response.end(JSON.stringify(infoOf(id, files)));
    const prefix = `/${id}/resolve/${commit}/`;
    const name = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : undefined;
    if (name === undefined || !files.has(name)) return void response.writeHead(404).end('Not found');
    if (!isLarge(name)) return send(request, response, name, files, behavior);
    response.writeHead(302, { location: `http://127.0.0.1:${portOf(storage)}/${name}` }).end();
  }).listen(0, '127.0.0.1');
  await once(hub, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(hub)}`,
    behavior,
    requests,
    close: async () => {
      for (const server of [hub, storage]) {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
    },
  };
}

function isLarge(name: string): boolean {
  return name.endsWith('.safetensors') || name.endsWith('.bin');
}

function infoOf(id: string, files: ReadonlyMap<string, Buffer>) {
  return {
    id,
    sha: commit,
    siblings: [...files].map(([rfilename, content]) => ({
      rfilename,
      size: content.length,
      blobId: createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex'),
      ...(isLarge(rfilename)
        ? {
            lfs: { sha256: createHash('sha256').update(content).digest('hex'), size: content.length, pointerSize: 130 },
          }
        : {}),
    })),
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  files: ReadonlyMap<string, Buffer>,
  behavior: HubBehavior,
): void {
  const content = behavior.replaced?.get(name) ?? files.get(name) ?? Buffer.alloc(0);
  const [, from, to] = (behavior.ignoresRange ? null : /^bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '')) ?? [];
  const start = Number(from ?? 0);
  const rest = content.subarray(start, to ? Number(to) + 1 : content.length);
  response.writeHead(from === undefined ? 200 : 206, {
    'content-length': rest.length,
    ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${start + rest.length - 1}/${content.length}` }),
  });
  behavior.served?.push({ name, bytes: rest.length });
  const { drop } = behavior;
  // The start of a file, which is looked at before it is fetched, arrives.
  if (drop?.name === name && drop.times > 0 && !to) {
    drop.times--;
    response.write(rest.subarray(0, drop.afterBytes));
    // A client drops what it has not taken up when the connection breaks.
    void drop.taken(start + drop.afterBytes).then(() => response.destroy());
  } else response.end(rest);
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
