import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { homePaths } from '../home-paths.ts';
import type { Migration } from './migration.ts';

const rowsSchema = z.array(z.object({ id: z.string(), path: z.string() }));

/** Models that lie below the home are named relative to it: the home can be moved. Cached descriptions are made again. */
export const migration: Migration = {
  version: 210,
  name: 'paths below the home',
  up(database) {
    if (database.memory) return;
    const paths = homePaths(dirname(resolve(database.name)));
    const update = database.prepare('UPDATE models SET path = ? WHERE id = ?');
    for (const { id, path } of rowsSchema.parse(database.prepare('SELECT id, path FROM models').all())) {
      const stored = paths.stored(path);
      if (stored !== path) update.run(stored, id);
    }
  },
};
