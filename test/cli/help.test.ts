import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { catalog } from '../../src-main/backend/index.ts';
import { exitCodes } from '../../src-main/cli/exit-codes.ts';
import { topics } from '../../src-main/cli/help/topics.ts';
import { main } from '../../src-main/cli/main.ts';
import { recordingTerminal } from './run-command.ts';

async function coto(words: readonly string[], columns = 80) {
  const { terminal, written } = recordingTerminal();
  const code = await main(words, { ...terminal, columns }, {});
  return { code, ...written };
}

/** Text without the line breaks of its layout. */
function flowing(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

describe('the help of a command with methods', () => {
  test('fits on two screens and names every method', async () => {
    const { code, out } = await coto(['merge', '--help']);
    expect(code).toBe(0);
    expect(out.split('\n').length).toBeLessThan(66);
    for (const { id } of catalog.mergeMethods) expect(out).toMatch(new RegExp(`\\b${id}\\b`));
    expect(out).not.toContain('--density');
  });

  test('shows the parameters of one method, with range and default, and of no other', async () => {
    for (const words of [
      ['merge', '--help', 'ties'],
      ['merge', '-h', 'ties'],
      ['merge', '--method', 'ties', '--help'],
      ['help', 'merge', 'ties'],
      ['help', 'ties'],
    ]) {
      const { code, out } = await coto(words);
      expect(code).toBe(0);
      expect(out).toContain('--density <number>');
      expect(flowing(out)).toMatch(/\(number from 0\.01 to 1; default 0\.2\)/);
      expect(out).not.toContain('--t <');
    }
  });

  test.each([
    [['train', '--help', 'hira'], 'adapter.hira_dropout'],
    [['train', '--help', 'coto'], 'coto.stage1_ratio'],
    [['prune', '--help', 'magnitude'], '--sparsity <number>'],
    [['study', '--help', 'ablation'], 'Settings of'],
    [['export', '--help', 'merged'], '--dtype'],
    [['targets', 'add', '--help', 'slurm'], 'folder'],
    [['datasets', 'add', '--help', 'csv'], '--separator'],
  ])('%j', async (words, expected) => {
    const { code, out } = await coto(words);
    expect(code).toBe(0);
    expect(out).toContain(expected);
  });

  test('describes every method on request', async () => {
    const { out } = await coto(['merge', '--help', 'methods']);
    for (const { summary } of catalog.mergeMethods) expect(flowing(out)).toContain(flowing(summary));
  });

  test('rejects an unknown method and names the nearest', async () => {
    const { code, out, err } = await coto(['merge', '--help', 'tiess']);
    expect([code, out]).toEqual([exitCodes.usage.code, '']);
    expect(err).toMatch(/no help on "tiess"\. Did you mean ties\?/);
    expect(await coto(['help', 'tiess'])).toMatchObject({ code: exitCodes.usage.code });
  });
});

test.each([40, 60, 80, 140])('no line is wider than a terminal of %d columns', async (columns) => {
  for (const words of [
    ['--help'],
    ['merge', '--help'],
    ['merge', '--help', 'core-space'],
    ['train', '--help', 'run'],
    ['help', 'environment'],
  ]) {
    const { out } = await coto(words, columns);
    // A name that is wider than the terminal has a line of its own.
    const wide = out.split('\n').filter((line) => [...line].length > columns && /\S\s+\S/.test(line.trim()));
    expect(
      wide.filter((line) => !/^(Usage:| {2}--\S+ <\S+>$| {2}\w+ \[)/.test(line)),
      words.join(' '),
    ).toEqual([]);
  }
});

test('`coto help` has the subjects that belong to no command', async () => {
  const listed = (await coto(['help', 'topics'])).out;
  for (const { id } of topics) {
    expect(listed).toContain(id);
    expect((await coto(['help', id])).out).toContain(`${id}: `);
  }
  expect((await coto(['help'])).out).toBe((await coto(['--help'])).out);
  expect((await coto(['help', 'study', 'show'])).out).toBe((await coto(['study', 'show', '--help'])).out);
});

describe('exit codes', () => {
  test('are documented by the help and by the guide', async () => {
    const { out } = await coto(['help', 'exit-codes']);
    const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/command.md'), 'utf8');
    for (const { code, meaning } of Object.values(exitCodes)) {
      expect(flowing(out)).toContain(`${code} ${meaning}`);
      expect(guide).toContain(`| ${code} | ${meaning} |`);
    }
  });

  test.each([
    [['nonsense']],
    [['merge', '--nonsense']],
    [['models', 'show']],
    [['generate', '--seed', 'many']],
    [['datasets', 'preview', 'x', '--split', 'middle']],
    [['serve', '--port', '99999']],
    [['job', 'folder', 'first']],
  ])('%j is a wrong command line', async (words) => {
    const { code, out, err } = await coto(words);
    expect([code, out]).toEqual([exitCodes.usage.code, '']);
    expect(err).toMatch(/\S/);
  });
});
