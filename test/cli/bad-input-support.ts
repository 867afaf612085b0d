import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { expect } from 'vitest';
import { z } from 'zod';
import type { HostTensor } from '../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors, writeSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import type { ErrorCode } from '../../src-shared/contract/error-code.ts';
import { idxBytes } from '../engine/data/make-data.ts';
import { goldenPath } from '../engine/golden.ts';
import { type CommandResult, cotoOn, temporaryFolder } from './run-command.ts';

/** Returns a function that makes folders of cases. They are removed at the end of the test file that calls this. */
export function caseFolders(): () => string {
  const root = temporaryFolder();
  return () => mkdtempSync(join(root, 'case-'));
}

/** A copy of a golden folder (default: the tiny ViT for 28 × 28 grey images), for a test to damage. */
export function copyOf(into: string, ...golden: string[]): string {
  const target = join(into, golden.length === 0 ? 'base' : 'adapter');
  cpSync(golden.length === 0 ? goldenPath('vit-28', 'base') : goldenPath(...golden), target, { recursive: true });
  return target;
}

export function editBytes(file: string, edit: (bytes: Buffer<ArrayBuffer>) => Uint8Array): void {
  writeFileSync(file, edit(Buffer.from(readFileSync(file))));
}

export function editJson(file: string, edit: (value: Record<string, unknown>) => unknown): void {
  const value = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, 'utf8')));
  edit(value);
  writeFileSync(file, JSON.stringify(value));
}

export async function editTensors(file: string, edit: (tensors: Map<string, HostTensor>) => void): Promise<void> {
  const tensors = await readSafetensors(file);
  edit(tensors);
  await writeSafetensors(file, tensors);
}

interface Split {
  readonly labels: readonly number[];
  /** Rows of images, if not one a label. */
  readonly images?: number;
}

/** IDX files of 28 × 28 images whose bright band depends on the label; `names` become labels.txt. */
export function writeIdx(folder: string, splits: { train?: Split; t10k?: Split }, names?: readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  for (const [split, { labels, images = labels.length }] of Object.entries(splits)) {
    const pixels = Array.from({ length: images }, (_, row) => {
      const first = 56 + 56 * ((labels[row] ?? 0) % 10);
      return Array.from({ length: 784 }, (_, pixel) =>
        pixel >= first && pixel < first + 112 ? 180 + ((pixel * 5 + row * 11) % 70) : (pixel + 3 * row) % 25,
      );
    }).flat();
    writeFileSync(join(folder, `${split}-images-idx3-ubyte`), idxBytes([images, 28, 28], pixels));
    writeFileSync(join(folder, `${split}-labels-idx1-ubyte`), idxBytes([labels.length], [...labels]));
  }
  if (names) writeFileSync(join(folder, 'labels.txt'), names.join('\n'));
  return folder;
}

/** Two classes, `perClass` training examples each and two for testing. */
export function goodData(folder: string, perClass = 8): string {
  const labels = (count: number) => Array.from({ length: 2 * count }, (_, row) => row % 2);
  return writeIdx(folder, { train: { labels: labels(perClass) }, t10k: { labels: labels(2) } }, ['upper', 'lower']);
}

/** Lock, pid and database come and go with every command; everything else is what somebody would find left behind. */
const ownFiles = /^(backend\.(lock|pid)|studio\.sqlite(-wal|-shm)?|backups(\/.*)?)$/;

/** Returns the contents of a home: its files, and the ids in its database. */
export function stateOf(home: string): { files: string[]; records: Record<string, string[]> } {
  if (!existsSync(home)) return { files: [], records: {} };
  const files = readdirSync(home, { recursive: true, withFileTypes: true })
    .map((entry) => relative(home, join(entry.parentPath, entry.name)))
    .filter((name) => !ownFiles.test(name))
    .sort();
  const records: Record<string, string[]> = {};
  const file = join(home, 'studio.sqlite');
  if (existsSync(file)) {
    const database = new SqliteDatabase(file, { readonly: true });
    const row = z.object({ id: z.string() });
    for (const table of ['models', 'datasets', 'adapters', 'runs', 'studies', 'jobs', 'reports'])
      records[table] = database
        .prepare(`SELECT id FROM ${table} ORDER BY id`)
        .all()
        .map((value) => row.parse(value).id);
    database.close();
  }
  return { files, records };
}

/** Files with the names under which things are written before they are whole. */
export function halfWritten(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => /(\.tmp|\.partial|\.part)($|\/)/.test(name));
}

const errorDocument = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    hint: z.string().nullable(),
    field: z.string().optional(),
  }),
});

/** Expected form of an error. */
export interface Refusal {
  readonly code: ErrorCode;
  /** Required parts of the message: the file, the field, the tensor, the row, and advice. */
  readonly says: readonly (string | RegExp)[];
}

/** One line on standard error that says what is asked for, nothing on standard output, exit code 1. */
export function expectOneLine(result: CommandResult, { says }: Pick<Refusal, 'says'>): void {
  expect(result.out).toBe('');
  expectErrorLine(result, says);
}

function expectErrorLine({ code, err }: CommandResult, says: Refusal['says']): void {
  for (const part of says) {
    if (typeof part === 'string') expect(err).toContain(part);
    else expect(err).toMatch(part);
  }
  expect(code).toBe(1);
  expect(err).toMatch(/^coto: [^\n]+[.?]\n$/);
  // Nothing of a program's insides: no stack, no bare exception name, no half sentence that ends twice.
  expect(err).not.toMatch(/ {4}at |\bTypeError\b|\bundefined\b|\[object |\.\.(?!\.)|ENOENT|SqliteError/);
}

/** Says in its JSON what its one line says, and why; the home must stay as it was. */
export async function expectRefused(home: string, words: readonly string[], refusal: Refusal): Promise<void> {
  const before = stateOf(home);
  const result = await cotoOn(home)([...words, '--json']);
  expectErrorLine(result, refusal.says);
  const { error } = errorDocument.parse(JSON.parse(result.out));
  expect(error.code).toBe(refusal.code);
  // The line begins with the key that the error is about, if the sentence does not name it.
  expect(result.err.replace(`coto: ${error.field}: `, 'coto: ')).toBe(
    `coto: ${[error.message, error.hint ?? '']
      .join(' ')
      .replaceAll(/\s*\n\s*/g, ' ')
      .trim()}\n`,
  );
  expect(stateOf(home)).toEqual(before);
}
