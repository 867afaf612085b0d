import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { EngineState, TargetEngine } from '../../../src-main/backend/targets/target.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { follow, makeBundle, runIdOf, storeWithStudy, studyId } from '../../slurm/made-bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-follow-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (state: EngineState['state'], node: string | null = null): EngineState => ({ state, node, reason: null });

/** A target whose scheduler answers as listed, a poll after the other; null: not at all. */
function answering(answers: readonly (EngineState | null)[], onLast: () => void) {
  const told = { polls: 0 };
  const engine: TargetEngine = {
    probe: () => Promise.reject(new Error('nobody asks')),
    parts: (name, indices) => Promise.resolve([{ name, offset: 0, indices: [...indices], id: null }]),
    submit: () => Promise.resolve('1'),
    find: () => Promise.resolve(new Map()),
    states() {
      const answer = answers[told.polls++] ?? null;
      if (told.polls === answers.length) onLast();
      return Promise.resolve(answer === null ? null : new Map([[0, answer]]));
    },
    cancel: () => Promise.resolve(),
  };
  return { engine, told };
}

test('reports changes to followers, not every poll', async () => {
  const bundle = makeBundle(folder, [{}]);
  const running = at('running', 'n1');
  const { engine, told } = answering(
    [at('waiting'), at('waiting'), at('waiting'), running, running, null, null, running, running],
    () => mkdirSync(join(bundle.folder, 'results', runIdOf(0)), { recursive: true }),
  );
  const heard: string[] = [];
  const store = storeWithStudy();
  const followed = await follow(
    bundle,
    store,
    {},
    {
      engine,
      pollSeconds: 0,
      changed: ([run], answers) => heard.push(`${run?.state} ${answers}`),
    },
  );
  await followed.runs;
  store.close();
  expect(told.polls).toBe(9);
  expect(heard).toEqual(['waiting true', 'running true', 'running false', 'running true', 'done true']);
});

test.each(['inputs are copied', 'results are copied back'] as const)(
  'a cancel while %s ends the submission',
  async (when) => {
    const bundle = makeBundle(folder, [{}]);
    const store = storeWithStudy();
    const copying = Promise.withResolvers<void>();
    /** Simulates a copy that only its signal ends. */
    const untilAborted = (signal: AbortSignal | undefined): Promise<never> => {
      copying.resolve();
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    };
    const cancelled: (string | null)[] = [];
    const engine: TargetEngine = {
      ...answering([], () => undefined).engine,
      ...(when === 'inputs are copied'
        ? { send: (_folder, { signal }) => untilAborted(signal) }
        : { fetch: (_folder, signal) => untilAborted(signal) }),
      cancel(_folder, parts) {
        cancelled.push(...parts.map(({ id }) => id));
        return Promise.resolve();
      },
    };
    const { runs, stop } = await follow(bundle, store, {}, { engine, pollSeconds: 0 });
    await copying.promise;
    stop(new StudioError('cancelled', 'It was cancelled.'));
    await expect(runs).rejects.toThrow('It was cancelled.');
    expect(store.submissions.list(studyId).map(({ status }) => status)).toEqual(['cancelled']);
    expect(cancelled).toEqual([when === 'inputs are copied' ? null : '1']);
    store.close();
  },
);
