import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ForgettingTask } from '../../engine/api/jobs.ts';
import type { Services } from '../services/services.ts';

/** Folders for measuring forgetting; none where the settings switch it off, or the neutral inputs are not installed. */
export function forgettingField({
  home,
  store,
  resourcesDirectory,
}: Pick<Services, 'home' | 'store' | 'resourcesDirectory'>): { forgetting?: ForgettingTask } {
  const neutral = join(resourcesDirectory, 'neutral');
  if (!store.settings.get().forgetting || !existsSync(neutral)) return {};
  return { forgetting: { neutral, cache: home.absolute('cache', 'forgetting') } };
}
