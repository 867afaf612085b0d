import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readBounded } from '../../files/foreign-file.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { Adoption } from './set-aside.ts';

/** Fields of report.json for its row. */
const storedSchema = z.object({
  name: z.string(),
  note: z.string().default(''),
  createdAt: z.iso.datetime().transform((time) => Date.parse(time)),
  runs: z.array(z.object({ id: z.string() })),
  studies: z.array(z.object({ id: z.string() })),
});

/** A home may be somebody else's: more is not read while it is opened. */
const largestBytes = 2 ** 26;

/** Adds the folders of reports that no row names, from the numbers beside their page. */
export async function adoptReports(
  { home, store }: Pick<HandlerServices, 'home' | 'store'>,
  { skipped }: Pick<Adoption, 'skipped'>,
): Promise<number> {
  const known = new Set(store.reports.ids());
  let adopted = 0;
  for (const id of home.entries('reports').folders) {
    const folder = home.absolute('reports', id);
    if (known.has(id) || !existsSync(join(folder, 'report.html'))) continue;
    try {
      const [page, numbers] = [
        home.absolute('reports', id, 'report.html'),
        home.absolute('reports', id, 'report.json'),
      ];
      const { runs, studies, ...stored } = storedSchema.parse(JSON.parse(await readBounded(numbers, largestBytes)));
      store.reports.insert({
        id,
        ...stored,
        path: home.relative(page),
        runIds: runs.map((run) => run.id),
        studyIds: studies.map((study) => study.id),
      });
      adopted++;
    } catch (error) {
      skipped.push(`${join('reports', id)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return adopted;
}
