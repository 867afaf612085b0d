import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { loadAddon } from '../../src-main/engine/compute/native/load-addon.ts';
import { memoryRemedy } from '../../src-shared/contract/errors.ts';
import { adapterRecordSchema } from '../../src-shared/domain/adapters/adapter.ts';
import { runRecordSchema } from '../../src-shared/domain/runs/run.ts';
import { makeMemoryGroup } from '../engine/compute/memory-group.ts';
import { caseFolders, halfWritten } from './bad-input-support.ts';
import { failingJobs, training, withoutProgress } from './failing-jobs-support.ts';

const caseFolder = caseFolders();
const { newHome } = failingJobs();

const group = makeMemoryGroup();
if (group === null) console.warn('No control group can be made here (it needs root): memory limits are not tested.');
afterAll(() => group?.remove());

const mebibyte = 2 ** 20;
const plenty = 4096 * mebibyte;
/** Each starts several commands, from the sources. */
const timeout = 600_000;
const script = fileURLToPath(new URL('../../src-main/cli/coto.ts', import.meta.url));
const limiting = ['--import', new URL('limited-at-checkpoint.ts', import.meta.url).href];

/** `coto` in the group, with plenty of memory to begin with. */
async function limited(home: string, words: readonly string[], environment?: Readonly<Record<string, string>>) {
  group?.limit(plenty);
  const child = spawn(process.execPath, [...(environment ? limiting : []), script, ...words, '--home', home], {
    env: { ...process.env, COTO_TEST_GROUP: group?.folder ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  group?.add(child.pid ?? 0);
  const streams = [child.stdout.setEncoding('utf8').toArray(), child.stderr.setEncoding('utf8').toArray()];
  const [code, signal] = z.tuple([z.number().nullable(), z.string().nullable()]).parse(await once(child, 'close'));
  const [out = '', err = ''] = (await Promise.all(streams)).map((parts) => parts.join(''));
  return { code: code ?? -1, signal, out, err };
}

const listed = async (home: string) => {
  const { out, err } = await limited(home, ['runs', 'list', '--json']);
  const [run, ...others] = z.array(runRecordSchema).parse(JSON.parse(out));
  expect(others, err).toEqual([]);
  return run;
};

describe.skipIf(group === null || 'reason' in loadAddon())('a training whose memory is limited while it runs', () => {
  const trained = z.object({ run: runRecordSchema, adapter: adapterRecordSchema });
  const words = training(
    'compute_backend=native',
    'max_steps=20',
    'save_steps=5',
    // Its first evaluation, of more examples than a step has, comes after the limit, and takes what no step did.
    'eval_steps=18',
    'per_device_train_batch_size=1',
    'learning_rate=0.01',
    'coto={}',
    'adapter.lora_dropout=0.1',
  );
  const result = async (home: string, given: readonly string[]) => {
    const { code, out, err } = await limited(home, [...given, '--json']);
    expect(code, err).toBe(0);
    const { run, adapter } = trained.parse(JSON.parse(out));
    return { sha256: adapter.sha256, accuracy: run.result?.accuracy, evalLoss: run.result?.evalLoss };
  };
  let undisturbed: Awaited<ReturnType<typeof result>>;
  beforeAll(async () => {
    undisturbed = await result(await newHome(caseFolder()), words);
  }, timeout);

  test('ends with what helps, and is resumed under a larger limit to the very result', { timeout }, async () => {
    const home = await newHome();
    // Less than is kept for what is no tensor: steps have their memory already, and no other tensor gets any.
    const { code, out, err } = withoutProgress(await limited(home, words, { COTO_TEST_LEFT: String(48 * mebibyte) }));
    expect(out).toBe('');
    expect(err).toContain(memoryRemedy);
    expect(err).toMatch(/^coto: [^\n]+\n$/);
    expect(code).toBe(1);
    const run = await listed(home);
    expect(run).toMatchObject({ status: 'failed', adapterId: null, error: { code: 'out_of_memory' } });
    expect(run?.checkpoints.at(-1)?.step).toBe(15);
    expect(halfWritten(home)).toEqual([]);
    expect(await result(home, ['runs', 'resume', run?.id ?? ''])).toEqual(undisturbed);
  });

  test('reports a command killed by the kernel at the next start, and resumes to the same result', {
    timeout,
  }, async () => {
    const home = await newHome();
    const taking = { COTO_TEST_LEFT: String(8 * mebibyte), COTO_TEST_TAKEN: String(256 * mebibyte) };
    const ended = await limited(home, words, taking);
    expect(ended.signal, ended.err).toBe('SIGKILL');
    const run = await listed(home);
    expect(run).toMatchObject({ status: 'interrupted', adapterId: null, error: { code: 'out_of_memory' } });
    expect(run?.error?.hint).toContain(memoryRemedy);
    expect(halfWritten(join(home, 'runs'))).toEqual([]);
    expect(await result(home, ['runs', 'resume', run?.id ?? ''])).toEqual(undisturbed);
  });
});
