// Stands in for `coto job DIR INDEX` where only what is around it is tested: it writes what a worker writes, as jobs/<run>.yaml says.

import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const [, , word, folder = '', index] = process.argv;
if (word === '--version') {
  console.log(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version);
  process.exit(0);
}
const { jobs } = JSON.parse(readFileSync(join(folder, 'study.json'), 'utf8'));
const { runId } = jobs.find((/** @type {{ index: number }} */ job) => job.index === Number(index));
const told = JSON.parse(readFileSync(join(folder, 'jobs', `${runId}.yaml`), 'utf8'));
const results = join(folder, 'results');
const final = join(results, runId);
console.log(`run ${runId} on ${process.env.SLURMD_NODENAME ?? 'a host'}`);
if (existsSync(final)) process.exit(0);
const attempt = randomUUID();
const own = `${final}.tmp-${attempt}`;
mkdirSync(own, { recursive: true });
writeFileSync(join(own, 'pid'), String(process.pid));
for (let step = 1; step <= told.steps; step++) {
  appendFileSync(
    join(own, 'progress.jsonl'),
    `${JSON.stringify({ attempt, step, steps: told.steps, loss: 1 / step })}\n`,
  );
  if (told.waitFor !== undefined) while (!existsSync(join(folder, told.waitFor))) await delay(50);
}
if (told.failsWithout !== undefined && !existsSync(join(folder, told.failsWithout))) {
  writeFileSync(
    `${final}.failed-${attempt}.json`,
    JSON.stringify({ attempt, error: { message: `The run ${runId} has a loss of NaN.` } }),
  );
  rmSync(own, { recursive: true });
  process.exit(1);
}
rmSync(join(own, 'pid'));
const progress = readFileSync(join(own, 'progress.jsonl'));
const sha256 = createHash('sha256').update(progress).digest('hex');
const files = [{ path: 'progress.jsonl', bytes: progress.length, sha256 }];
writeFileSync(join(own, 'manifest.json'), JSON.stringify({ attempt, run: runId, files }));
if (told.tears !== undefined && !existsSync(join(folder, told.tears)))
  appendFileSync(join(own, 'progress.jsonl'), 'torn');
try {
  renameSync(own, final);
} catch {
  rmSync(own, { recursive: true });
}
