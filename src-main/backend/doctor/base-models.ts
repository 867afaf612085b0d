import { existsSync } from 'node:fs';
import type { DoctorCheck } from './check.ts';

export const baseModels: DoctorCheck = {
  id: 'base-models',
  label: 'Base models',
  run: ({ store }) =>
    store.models
      .list()
      .filter(({ path }) => !existsSync(path))
      .map(({ name, path }) => ({
        message: `The folder of the model "${name}" is gone: ${path}.`,
        hint: 'Put it back, or connect its disk: without it nothing is trained on it.',
      })),
};
