import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { type RunRecord, runRecordSchema } from '../../src-shared/domain/runs/run.ts';
import { caseFolders, copyOf, expectOneLine, goodData, halfWritten } from './bad-input-support.ts';
import { type CommandResult, cotoOn } from './run-command.ts';

export const small = ['per_device_train_batch_size=4', 'adapter.r=2', 'adapter.target_modules=[q_proj, v_proj]'];

/** Returns the tiny model and data of one test file, and homes that know both. They are removed at its end. */
export function failingJobs() {
  const caseFolder = caseFolders();
  const root = caseFolder();
  const base = copyOf(root);
  const data = goodData(join(root, 'bands'));
  let firstHome: Promise<string> | null = null;
  return {
    root,
    base,
    data,
    /** Makes a home that knows the tiny model and data. */
    async newHome(folder = caseFolder()): Promise<string> {
      const home = join(folder, 'home');
      // A home's first start reads all that comes with the studio.
      firstHome ??= makeHome(join(caseFolder(), 'home'), base, data);
      cpSync(await firstHome, home, { recursive: true });
      return home;
    },
  };
}

async function makeHome(home: string, base: string, data: string): Promise<string> {
  const coto = cotoOn(home);
  expect(await coto(['models', 'add', base, '--name', 'tiny'])).toMatchObject({ code: 0 });
  expect(await coto(['datasets', 'add', data, '--name', 'bands'])).toMatchObject({ code: 0 });
  return home;
}

export function training(...settings: string[]): string[] {
  return ['train', '--set', 'model=tiny', 'dataset=bands', ...small, ...settings];
}

/** Progress may be told on standard error before the one line of the error. */
export function withoutProgress(result: CommandResult): CommandResult {
  return {
    ...result,
    err: result.err.replaceAll(/^(?:Initializing|Training|Evaluating|Scoring|Merging|Nothing to train).*\n/gm, ''),
  };
}

export async function onlyRun(home: string): Promise<RunRecord> {
  const { out } = await cotoOn(home)(['runs', 'list', '--json']);
  const runs = z.array(runRecordSchema).parse(JSON.parse(out));
  expect(runs).toHaveLength(1);
  return z.tuple([runRecordSchema]).parse(runs)[0];
}

export async function adaptersOf(home: string): Promise<unknown> {
  expect(readdirSync(join(home, 'adapters'))).toEqual([]);
  return JSON.parse((await cotoOn(home)(['adapters', 'list', '--json'])).out);
}

/** The command fails in one line, the run keeps the very error, and neither adapter nor half a file is left. */
export async function expectFailedRun(
  home: string,
  words: readonly string[],
  error: { code: string; says: readonly (string | RegExp)[] },
): Promise<RunRecord> {
  const result = withoutProgress(await cotoOn(home)(words));
  expectOneLine(result, error);
  const run = await onlyRun(home);
  expect(run).toMatchObject({ status: 'failed', adapterId: null, result: null, error: { code: error.code } });
  expect(result.err).toBe(`coto: ${run.error?.message} ${run.error?.hint}\n`);
  expect(run.finishedAt).not.toBeNull();
  expect(await adaptersOf(home)).toEqual([]);
  expect(halfWritten(home)).toEqual([]);
  return run;
}

/** The compute backend is said on standard error by `coto logits`. */
export function withoutLog(result: CommandResult): CommandResult {
  return { ...result, err: result.err.replace(/^Computing on .*\n/, '') };
}
