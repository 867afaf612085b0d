import { existsSync } from 'node:fs';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { requireAdapter } from '../library/adapters.ts';
import { exportTarget } from '../library/export/index.ts';
import { requireModel } from '../library/models.ts';
import type { Services } from '../services.ts';
import type { JobExecutor } from './executor.ts';

/** Writes an adapter in one of the forms of `export/`. */
export function exportExecutor(services: Services): JobExecutor<'export'> {
  const { home, store } = services;
  return {
    async execute({ adapterId, target, path }, context) {
      const adapter = requireAdapter(store, adapterId);
      if (existsSync(path))
        throw new StudioError('refused', `${path} is there already.`, 'Choose another name: nothing is overwritten.');
      const source = {
        adapter,
        directory: home.absolute(adapter.folder),
        model: requireModel(store, adapter.modelId),
      };
      await exportTarget(target).write(source, path, services, context);
      return { status: 'completed', result: { path }, message: `"${adapter.name}" is written: ${path}` };
    },
    settle: () => undefined,
  };
}
