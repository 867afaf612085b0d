import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../src-main/store/open-store.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { until, withoutSlurm } from './cluster.ts';
import { engineOf, follow, makeBundle, runIdOf, standIn, storeWithStudy, studyId } from './made-bundle.ts';
import { type SshServer, startLoginNode } from './ssh-server.ts';

const reason = withoutSlurm();
if (reason !== null) console.log(`skipped: ${reason}`);

let folder: string;
let server: SshServer;
const stores: Store[] = [];

beforeAll(async () => {
  if (reason !== null) return;
  folder = mkdtempSync(join(tmpdir(), 'coto-hosts-'));
  server = await startLoginNode();
});

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

afterAll(async () => {
  if (reason !== null) return;
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function openStoreWithStudy(): Store {
  const store = storeWithStudy();
  stores.push(store);
  return store;
}

const statesOf = (runs: readonly { readonly state: string }[]): string[] => runs.map(({ state }) => state);

describe.skipIf(reason !== null)('a study on hosts by ssh', () => {
  const hosts = () => ({ ...standIn, hosts: ['ws1', 'ws2'], runs_per_host: 2, ssh_config: server.config });

  it('is followed to its end on both hosts, also by another studio than began it', async () => {
    const bundle = makeBundle(folder, [
      { steps: 2, waitFor: 'go' },
      { waitFor: 'go' },
      { waitFor: 'go' },
      { failsWithout: 'cure' },
    ]);
    const store = openStoreWithStudy();
    const engine = engineOf(hosts(), { kind: 'ssh' });
    const first = await follow(bundle, store, hosts(), { engine });
    await until(
      () => first.latest().length === 4 && statesOf(first.latest()).join() === 'running,running,running,failed',
    );
    expect(new Set(first.latest().map(({ node }) => node))).toEqual(new Set(['ws1', 'ws2']));
    expect(first.latest()[3]?.reason).toBe('The run run00003 has a loss of NaN.');
    first.stop(new StudioError('disconnected', 'the app was closed'));
    await first.runs.catch(() => {});

    const second = await follow(bundle, store, hosts(), { engine });
    bundle.release('go');
    expect(statesOf(await second.runs)).toEqual(['done', 'done', 'done', 'failed']);
    expect(store.submissions.list(studyId)).toHaveLength(1);
    const log = readdirSync(join(bundle.folder, 'logs')).find((name) => name.endsWith('_0.out')) ?? '';
    expect(readFileSync(join(bundle.folder, 'logs', log), 'utf8')).toContain(runIdOf(0));
  });

  it('is ended on its hosts when it is cancelled', async () => {
    const bundle = makeBundle(folder, [{ waitFor: 'never' }, { waitFor: 'never' }]);
    const followed = await follow(bundle, openStoreWithStudy(), hosts(), {
      engine: engineOf(hosts(), { kind: 'ssh' }),
    });
    await until(() => bundle.pidOf(runIdOf(0)) !== null && bundle.pidOf(runIdOf(1)) !== null);
    const pids = [0, 1].map((index) => bundle.pidOf(runIdOf(index)) ?? 0);
    await until(() => statesOf(followed.latest()).join() === 'running,running');
    followed.stop(new StudioError('cancelled', 'It was cancelled.'));
    await expect(followed.runs).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => pids.every((pid) => !isAlive(pid)));
  });

  it('is probed, host by host', async () => {
    const place = join(folder, 'probed');
    mkdirSync(place);
    const { facts, problems } = await engineOf(
      { ...hosts(), folder: place, hosts: ['ws1', 'gone'] },
      { kind: 'ssh' },
    ).probe();
    expect(facts.map(({ label }) => label)).toEqual(
      expect.arrayContaining(['GNU parallel', 'ws1: coto there', 'ws1: Clock']),
    );
    expect(problems).toEqual([
      {
        message: expect.stringMatching(/^gone cannot be reached by ssh: .*[Rr]efused/),
        hint: expect.stringContaining('ssh gone true'),
      },
    ]);
  });

  it('reaches a Slurm of another machine by its login node', async () => {
    const bundle = makeBundle(folder, [{}, {}]);
    const parameters = { ...standIn, ssh_config: server.config };
    const engine = engineOf(parameters, { host: 'login1' });
    const store = openStoreWithStudy();
    expect(statesOf(await (await follow(bundle, store, parameters, { engine, target: 'slurm:login1' })).runs)).toEqual([
      'done',
      'done',
    ]);
    const away = engineOf(parameters, { host: 'gone' });
    await expect(away.parts('x', [0])).rejects.toMatchObject({
      code: 'disconnected',
      message: expect.stringContaining('gone'),
    });
    // While it cannot be reached nothing is concluded.
    expect(await away.states(bundle.folder, store.submissions.list(studyId)[0]?.parts ?? [])).toBeNull();
  });
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
