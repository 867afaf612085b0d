import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { studyRecordSchema } from '../../src-shared/domain/studies/study.ts';
import { resultManifestSchema } from '../../src-shared/domain/targets/bundle.ts';
import { submissionSchema } from '../../src-shared/domain/targets/target.ts';
import { caseFolders, copyOf, goodData } from '../cli/bad-input-support.ts';
import { cotoOn } from '../cli/run-command.ts';
import { writeSmallAblation } from '../cli/small-ablation.ts';
import { type Cluster, startCluster, withoutSlurm } from './cluster.ts';

const caseFolder = caseFolders();

const reason = withoutSlurm();
if (reason !== null) console.log(`skipped: ${reason}`);

/** Starts of whole commands: on a busy machine each takes half a minute. */
const timeout = 600_000;

let cluster: Cluster | undefined;
const folder = caseFolder();

beforeAll(async () => {
  if (reason === null) cluster = await startCluster();
});

afterAll(async () => {
  await cluster?.stop();
});

/** The real worker, which is killed after its first checkpoint at the first attempt at a run. */
function dyingWorker(): string {
  const command = fileURLToPath(new URL('../../src-main/cli/coto.ts', import.meta.url));
  const killing = new URL('../cli/killed-at-kept.ts', import.meta.url).href;
  const script = join(folder, 'worker.sh');
  const lines = [
    '#!/bin/sh',
    `[ "$1" = job ] && mkdir ${folder}/died 2>/dev/null && exec ${process.execPath} --import ${killing} ${command} "$@"`,
    `exec ${process.execPath} ${command} "$@"`,
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  chmodSync(script, 0o755);
  return script;
}

/** The bundle has its base as the folder of the target has it for all; it goes, and then what no other needs. */
async function expectClean(coto: ReturnType<typeof cotoOn>, bundle: string): Promise<void> {
  const shared = join(bundle, '..', 'blobs', 'sha256');
  const inodes = (place: string) => readdirSync(place).map((name) => `${name} ${statSync(join(place, name)).ino}`);
  expect(inodes(shared)).toEqual(inodes(join(bundle, 'blobs', 'sha256')));
  const listed = await coto(['targets', 'clean', 'lab', '--json']);
  expect(JSON.parse(listed.out)).toMatchObject([{ folder: bundle, runs: 1, keptFor: null }]);
  const cleaned = await coto(['targets', 'clean', 'lab', '--yes', '--inputs']);
  expect(cleaned.out).toMatch(/^Removed 1 bundle \(.*\)\.\n$/);
  expect(existsSync(bundle)).toBe(false);
  expect(readdirSync(shared)).toEqual([]);
  expect((await coto(['targets', 'clean', 'lab'])).out).toBe('No study has left anything on lab.\n');
}

describe.skipIf(reason !== null)('a run that is lost on the cluster after a checkpoint', () => {
  it(
    'goes on from it when it is submitted again, and both attempts are recorded',
    async () => {
      const shared = join(folder, 'shared');
      mkdirSync(shared);
      const file = join(folder, 'study.yaml');
      writeSmallAblation(file, {
        ...{ model: copyOf(folder), dataset: goodData(join(folder, 'bands')), name: 'Resumed', seeds: [1] },
        ...{ run: { max_steps: 60, save_steps: 5, eval_samples: 2 }, grid: { coto: [{}] } },
      });
      const coto = cotoOn(join(folder, 'home'));
      const set = [`folder=${shared}`, `command=${dyingWorker()}`, 'poll_seconds=0.5'];
      expect(await coto(['targets', 'add', 'lab', 'slurm', '--set', ...set])).toMatchObject({ code: 0 });
      const ended = await coto(['study', file, '--on', 'lab', '--json']);
      expect(ended, ended.err).toMatchObject({ code: 0 });
      const study = studyRecordSchema.parse(JSON.parse(ended.out));
      const where = await coto(['study', 'where', study.id, '--json']);
      const submissions = z.array(submissionSchema).parse(JSON.parse(where.out));
      expect(submissions.map(({ generation, runs }) => [generation, runs.map(({ state }) => state)])).toEqual([
        [1, ['lost']],
        [2, ['done']],
      ]);
      const [lost] = submissions;
      const bundle = lost?.folder ?? '';
      const result = join(bundle, 'results', lost?.runs[0]?.runId ?? '');
      const { resumed } = resultManifestSchema.parse(JSON.parse(readFileSync(join(result, 'manifest.json'), 'utf8')));
      expect(resumed?.step).toBeGreaterThanOrEqual(5);
      expect(readdirSync(join(bundle, 'results'))).toContain(`${lost?.runs[0]?.runId}.tmp-${resumed?.attempt}`);
      expect(readdirSync(join(bundle, 'checkpoints'))).toEqual([]);
      await expectClean(coto, bundle);
      const run = await coto(['runs', 'list', '--json']);
      const [{ id }] = z.tuple([z.object({ id: z.string() })]).parse(JSON.parse(run.out));
      const log = await coto(['runs', 'show', id, '--json']);
      expect(log.out).toContain(`Attempt ${resumed?.attempt} was lost; this one resumes from its checkpoint`);
    },
    timeout,
  );
});
