import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/** Limit of a request's body. A conversation of a million characters fits. */
export const maxBodyBytes = 4 * 2 ** 20;

/**
 * The JSON of a request.
 * @throws HttpError 415 for another type, 413 for a body over 4 MiB, 400 for what is not JSON
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  // A page can send a form or plain text anywhere without being asked first; JSON it cannot.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new HttpError(415, 'The request must have the header "Content-Type: application/json".');
  const tooLarge = new HttpError(413, `The request is larger than ${maxBodyBytes / 2 ** 20} MiB.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge;
  const parts: Buffer[] = [];
  let size = 0;
  // The connection must stay for the answer, also where reading ends early.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > maxBodyBytes) throw tooLarge;
    parts.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw new HttpError(400, 'The body of the request is not JSON.');
  }
}
