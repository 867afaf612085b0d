import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { isUnfinished } from '../../engine/tensors/atomic.ts';
import type { Services } from '../services.ts';

const payloadSchema = z.object({ path: z.string() });

/** Kinds of jobs that write where the person said. */
const writing: ReadonlySet<string> = new Set(['export', 'pretrain']);

/**
 * Removes what jobs that were killed had not finished outside of the home: beside the path that they were to write, under the
 * hidden name of it. Of a home from elsewhere nothing outside is touched.
 */
export function sweepOutputs({ home, store, log }: Pick<Services, 'home' | 'store' | 'log'>): void {
  if (home.moved) return;
  for (const { id, kind } of store.jobs.withStatus('running')) {
    if (!writing.has(kind)) continue;
    const payload = payloadSchema.safeParse(store.jobs.payload(id));
    if (!payload.success || !existsSync(dirname(payload.data.path))) continue;
    const folder = dirname(payload.data.path);
    const ours = readdirSync(folder).filter(
      (name) => isUnfinished(name) && name.startsWith(`.${basename(payload.data.path)}.`),
    );
    for (const name of ours) {
      rmSync(join(folder, name), { recursive: true, force: true });
      log.info({ job: id }, 'removed what a killed job had not finished');
    }
  }
}
