import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createBackend, startEngine } from '../../src-main/backend/index.ts';
import { resourcesDirectory } from '../../src-main/cli/studio.ts';
import { studyRecordSchema } from '../../src-shared/domain/studies/study.ts';
import { submissionSchema } from '../../src-shared/domain/targets/target.ts';
import { caseFolders, copyOf, goodData } from '../cli/bad-input-support.ts';
import { killCommandWhen } from '../cli/killed-command.ts';
import { cotoOn } from '../cli/run-command.ts';
import { writeSmallAblation } from '../cli/small-ablation.ts';
import { type Cluster, startCluster, until, withoutSlurm } from './cluster.ts';

const caseFolder = caseFolders();

const reason = withoutSlurm();
if (reason !== null) console.log(`skipped: ${reason}`);

/** Starts of whole commands: on a busy machine each takes half a minute. */
const timeout = 600_000;

let cluster: Cluster | undefined;
const folder = caseFolder();
const command = fileURLToPath(new URL('../../src-main/cli/coto.ts', import.meta.url));

beforeAll(async () => {
  if (reason === null) cluster = await startCluster();
});

afterAll(async () => {
  await cluster?.stop();
});

/** A home with a target whose workers wait for a file, and a study for it of two runs. */
async function prepare(name: string) {
  const own = join(folder, name);
  const shared = join(own, 'shared');
  mkdirSync(shared, { recursive: true });
  const file = join(own, 'study.yaml');
  writeSmallAblation(file, {
    ...{ model: copyOf(own), dataset: goodData(join(own, 'bands')), name: 'Left alone' },
    ...{ run: { max_steps: 2, eval_samples: 2 }, seeds: [1] },
  });
  const worker = join(own, 'worker.sh');
  const wait = `[ "$1" = job ] && until [ -e ${own}/go ]; do sleep 0.2; done`;
  writeFileSync(worker, `#!/bin/sh\n${wait}\nexec ${process.execPath} ${command} "$@"\n`);
  chmodSync(worker, 0o755);
  const home = join(own, 'home');
  const coto = cotoOn(home);
  const added = await coto([
    ...['targets', 'add', 'lab', 'slurm', '--set', `folder=${shared}`],
    ...[`command=${worker}`, 'poll_seconds=0.5'],
  ]);
  expect(added, added.err).toMatchObject({ code: 0 });
  return { file, home, coto, release: () => writeFileSync(join(own, 'go'), '') };
}

/** `coto study --on lab` in a process of its own, killed as soon as its runs are on the cluster. */
const killedWhileFollowing = ({ file, home }: { readonly file: string; readonly home: string }): Promise<void> =>
  killCommandWhen(home, ['study', file, '--on', 'lab'], (said) => /On lab: 2 running/.test(said));

const waiting = () => (cluster?.run('squeue', '--noheader', '--format=%i %T') ?? '').trim();
const studiesOf = async (coto: ReturnType<typeof cotoOn>) =>
  z.array(studyRecordSchema).parse(JSON.parse((await coto(['study', 'list', '--json'])).out));

describe.skipIf(reason !== null)('a study whose studio was killed while its runs go on', () => {
  it(
    'is followed again by the window when it opens, to its end',
    async () => {
      const place = await prepare('window');
      await killedWhileFollowing(place);
      place.release();
      const backend = await createBackend({ home: place.home, resourcesDirectory, startEngine });
      try {
        await backend.idle();
      } finally {
        await backend.close();
      }
      const [study] = await studiesOf(place.coto);
      expect(study).toMatchObject({ status: 'completed', target: 'lab' });
      const where = await place.coto(['study', 'where', study?.id ?? '', '--json']);
      const submissions = z.array(submissionSchema).parse(JSON.parse(where.out));
      expect(submissions.map(({ status, runs }) => [status, runs.map(({ state }) => state)])).toEqual([
        ['ended', ['done', 'done']],
      ]);
    },
    timeout,
  );

  it(
    'is followed again by coto study follow, and of one run that was cancelled meanwhile says so',
    async () => {
      const place = await prepare('command');
      const { coto } = place;
      expect((await coto(['study', 'follow'])).out).toBe('No study has runs elsewhere.\n');
      await killedWhileFollowing(place);
      const [study] = await studiesOf(coto);
      const id = study?.id ?? '';
      const other = await coto(['study', 'cancel', id, '--run', '7']);
      expect(other.err).toMatch(/Run 7 of "Left alone" neither waits nor runs on a target.*These do: 0, 1/s);
      expect(await coto(['study', 'cancel', id, '--run', '1'])).toMatchObject({
        code: 0,
        out: 'Run 1 of Left alone: cancelled.\n',
      });
      place.release();
      const followed = await coto(['study', 'follow']);
      expect(followed).toMatchObject({
        code: 1,
        out: expect.stringMatching(/1 of the runs ended without a result on lab: .*cancelled/),
      });
      // The other run's result has arrived; only the cancelled one is submitted again.
      const resumed = await coto(['study', 'resume', id]);
      expect(resumed, resumed.err).toMatchObject({ code: 0 });
      const where = await coto(['study', 'where', id, '--json']);
      const submissions = z.array(submissionSchema).parse(JSON.parse(where.out));
      expect(submissions.map(({ runs }) => runs.map(({ index, state }) => [index, state]))).toEqual([
        [
          [0, 'done'],
          [1, 'cancelled'],
        ],
        [[1, 'done']],
      ]);
    },
    timeout,
  );

  it(
    'is ended on the cluster where it is cancelled while nobody follows it',
    async () => {
      const place = await prepare('cancelled');
      await killedWhileFollowing(place);
      const [study] = await studiesOf(place.coto);
      const id = study?.id ?? '';
      expect((await place.coto(['study', 'cancel', id])).out).toBe('Left alone: cancelled.\n');
      await until(() => waiting() === '');
      expect(existsSync(join(folder, 'cancelled', 'go'))).toBe(false);
      expect((await studiesOf(place.coto))[0]?.status).toBe('cancelled');
      expect((await place.coto(['study', 'follow'])).out).toBe('No study has runs elsewhere.\n');
      expect((await place.coto(['study', 'cancel', 'nothing'])).err).toMatch(/nothing/);
    },
    timeout,
  );
});
