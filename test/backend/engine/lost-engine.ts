/** The engine, in a thread or a process, which ends without a word as soon as the second run that it trains has its checkpoint 15. */
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const { rename } = promises;
let runs = 0;
promises.rename = async (from, to) => {
  await rename(from, to);
  if (String(to).endsWith('step-000015') && ++runs === 2) process.exit(1);
};
syncBuiltinESMExports();
await import(isMainThread ? '../../../src-main/engine/process.ts' : '../../../src-main/engine/worker.ts');
