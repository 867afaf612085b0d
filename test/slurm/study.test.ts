import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { studyRecordSchema } from '../../src-shared/domain/studies/study.ts';
import { collectedSchema } from '../../src-shared/domain/targets/bundle.ts';
import { submissionSchema } from '../../src-shared/domain/targets/target.ts';
import { caseFolders, copyOf, goodData } from '../cli/bad-input-support.ts';
import { cotoOn } from '../cli/run-command.ts';
import { writeSmallAblation } from '../cli/small-ablation.ts';
import { type Cluster, startCluster, withoutSlurm } from './cluster.ts';

const caseFolder = caseFolders();

const reason = withoutSlurm();
if (reason !== null) console.log(`skipped: ${reason}`);

let cluster: Cluster | undefined;
const folder = caseFolder();
const shared = join(folder, 'shared');
const file = join(folder, 'ablation.yaml');
/** A study in place of the small one, such as that of a page of results. */
const given = process.env['COTO_SLURM_STUDY'];
const home = join(folder, 'home');
const coto = cotoOn(home);

beforeAll(async () => {
  if (reason !== null) return;
  mkdirSync(shared);
  if (given !== undefined) cpSync(given, file);
  else
    writeSmallAblation(file, {
      ...{ model: copyOf(folder), dataset: goodData(join(folder, 'bands')), name: 'Does CoTo help?' },
      ...{ run: { max_steps: 6, eval_samples: 2 }, seeds: [1, 2] },
    });
  cluster = await startCluster();
});

afterAll(async () => {
  await cluster?.stop();
});

/** The real worker, which tears the first result that it writes, as a disk that lies would. */
function tearingWorker(): string {
  const command = fileURLToPath(new URL('../../src-main/cli/coto.ts', import.meta.url));
  const script = join(folder, 'worker.sh');
  const lines = [
    '#!/bin/sh',
    `${process.execPath} ${command} "$@" || exit`,
    `[ "$1" = job ] && [ "$3" = 0 ] && mkdir ${folder}/torn 2>/dev/null || exit 0`,
    'run=$(sed -n \'s/.*"runId": "\\(.*\\)".*/\\1/p\' "$2/study.json" | head -n 1)',
    'truncate -s -1 "$2/results/$run/adapter/adapter_model.safetensors"',
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  chmodSync(script, 0o755);
  return script;
}

describe.skipIf(reason !== null)('the ablation of a study', () => {
  it('comes to the same numbers on Slurm as here, also where a result was torn', async () => {
    const set = [`folder=${shared}`, `command=${tearingWorker()}`, 'poll_seconds=0.5'];
    const added = await coto(['targets', 'add', 'lab', 'slurm', '--set', ...set]);
    expect(added, added.err).toMatchObject({ code: 0 });
    const there = await coto(['study', file, '--on', 'lab', '--json']);
    expect(there, there.err).toMatchObject({ code: 0 });
    expect(there.err).toMatch(/On lab: .*running/);
    const study = studyRecordSchema.parse(JSON.parse(there.out));
    const here = await cotoOn(join(folder, 'other-home'))(['study', file, '--json']);
    expect(here, here.err).toMatchObject({ code: 0 });
    const ofHere = studyRecordSchema.parse(JSON.parse(here.out));
    expect(withoutIds(study.result)).toEqual(withoutIds(ofHere.result));
    expect(study.target).toBe('lab');

    const where = await coto(['study', 'where', study.id, '--json']);
    const submissions = z.array(submissionSchema).parse(JSON.parse(where.out));
    const states = submissions.map(({ runs }) => runs.map(({ index, state }) => [index, state]));
    expect(states).toEqual([Array.from(submissions[0]?.runs ?? [], (_, index) => [index, 'done']), [[0, 'done']]]);
    const count = states[0]?.length ?? 0;
    expect(count).toBeGreaterThanOrEqual(4);
    expect(submissions.map(({ generation }) => generation)).toEqual([1, 2]);
    const bundle = submissions[0]?.folder ?? '';
    expect(readdirSync(join(bundle, 'results')).filter((name) => name.includes('.refused-'))).toHaveLength(1);
    expect(readFileSync(join(bundle, 'logs', `${submissions[0]?.parts[0]?.name}_1.out`), 'utf8')).toContain('Trained.');

    // Collected once more by hand: nothing is new.
    const again = await coto(['study', 'collect', bundle, '--import-only', '--json']);
    const { collected } = z.object({ collected: collectedSchema }).parse(JSON.parse(again.out));
    expect(collected).toMatchObject({ imported: 0, known: count, missing: [] });
    const text = await coto(['study', 'where', study.id]);
    expect(text.out).toMatch(/lab, generation 2 \(ended\)/);
  });

  it('is refused for a target that there is not, before anything is written', async () => {
    const { code, err } = await coto(['study', file, '--on', 'slrum']);
    expect(code).toBe(1);
    expect(err).toMatch(/There is no target "slrum".*There are: lab, slurm, ssh/s);
    const bad = await coto(['targets', 'add', 'x', 'slurm:-oProxyCommand=id']);
    expect(bad.err).toMatch(/is not the name of a host/);
  });
});

/** Records have ids of their own. */
function withoutIds(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/(run|adapter|study|job|model|dataset)-[0-9a-f]{10}/g, '$1'));
}
