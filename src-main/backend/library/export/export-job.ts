import { statSync } from 'node:fs';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { parameterValuesSchema } from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { unusedPath } from '../../../files/file-name.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { baseOf } from '../adapters/adapter-base.ts';
import { requireAdapter } from '../adapters/adapters.ts';
import { exportTarget } from './index.ts';

/** Exports an adapter to one of the formats of `export/`. */
export const exportJob = defineJob({
  kind: 'export',
  payload: z.object({
    adapterId: z.string(),
    target: z.string(),
    path: z.string(),
    numbered: z.boolean().default(false),
    replace: z.boolean().default(false),
    parameters: parameterValuesSchema.default({}),
  }),
  references: ({ adapterId }) => [{ adapterId }],
  writesTo: ({ path }) => path,
  async execute({ adapterId, target, path: wished, numbered, replace, parameters }, context, services) {
    const { home, store } = services;
    const adapter = requireAdapter(store, adapterId);
    const path = numbered ? unusedPath(wished) : wished;
    requireFreePath(path, replace);
    const source = {
      adapter,
      directory: home.absolute(adapter.folder),
      base: await baseOf(services, [adapter]),
      parameters: checkedParameters(exportTarget(target).declaration, parameters),
    };
    const note = await exportTarget(target).write(source, path, services, context);
    const written = `"${adapter.name}" exported to ${path}`;
    return { status: 'completed', result: { path, note }, message: note ? `${note}. ${written}` : written, path };
  },
});

/** @throws StudioError refused, where something is at the path that may not be replaced; a folder never is */
export function requireFreePath(path: string, replace: boolean): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || (replace && found.isFile())) return;
  throw new StudioError('refused', `${path} already exists.`, 'Choose another name: nothing is overwritten.').at(
    'path',
  );
}
