import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isInside } from '../../src-main/files/inside.ts';
import { PathGrants } from '../../src-main/files/path-grants.ts';
import { pathLabel, pathToken } from '../../src-shared/contract/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-grants-'));
const chosen = join(folder, 'chosen');
mkdirSync(chosen);
mkdirSync(join(folder, 'chosen-not'));
writeFileSync(join(folder, 'outside'), '');
symlinkSync(folder, join(chosen, 'link'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a path counts as inside by where its links lead, also before it exists', () => {
  expect(isInside(chosen, chosen)).toBe(true);
  expect(isInside(chosen, join(chosen, 'not', 'there'))).toBe(true);
  expect(isInside(chosen, join(folder, 'chosen-not'))).toBe(false);
  expect(isInside(chosen, join(chosen, '..', 'outside'))).toBe(false);
  expect(isInside(chosen, join(chosen, 'link', 'outside'))).toBe(false);
  expect(isInside(chosen, join(chosen, 'link', 'not', 'there'))).toBe(false);
  expect(isInside(join(chosen, 'link'), join(folder, 'outside'))).toBe(true);
  expect(isInside(chosen, join(chosen, '..name'))).toBe(true);
});

test('a token stands for its path and what is below it, and is shown as the path', () => {
  const grants = new PathGrants();
  const token = pathToken({ secret: 's'.repeat(22), path: chosen, use: 'write' });
  expect(() => grants.resolve(token)).toThrow(`${chosen} was not chosen`);
  grants.add({ secret: 's'.repeat(22), path: chosen, use: 'write' });
  expect(grants.resolve(token)).toBe(chosen);
  expect(grants.resolve(`${token}/name`)).toBe(join(chosen, 'name'));
  expect(() => grants.resolve(`${token}-not`)).toThrow('was not chosen');
  expect(() => grants.resolve(`${token}/../outside`)).toThrow('was not chosen');
  expect(grants.resolve(chosen)).toBeNull();
  expect(grants.covers(join(chosen, 'name'), 'write')).toBe(true);
  expect(grants.covers(join(chosen, 'name'), 'read')).toBe(false);
  expect(pathLabel(token)).toBe(chosen);
  expect(pathLabel('a prompt')).toBe('a prompt');
  const pixels = Uint8Array.of(1);
  expect(grants.resolveAll({ list: [token, 1], inner: { pixels } })).toEqual({ list: [chosen, 1], inner: { pixels } });
});
