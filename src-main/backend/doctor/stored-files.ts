import { existsSync } from 'node:fs';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { CheckFinding } from '../../../src-shared/domain/app/doctor-check.ts';
import { checkHashes, readManifest } from '../../engine/api/training.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { checkAdapterFiles } from '../library/adapters/adapter-file.ts';
import { checkStoredModel } from '../library/models/model-files.ts';
import type { DoctorCheck } from './check.ts';

/** Reads every adapter, checkpoint and base, and compares their hashes: a disk that rots leaves sizes and times alone. */
export const storedFiles: DoctorCheck = {
  id: 'stored-files',
  label: 'Adapters, checkpoints and models',
  async run(services) {
    const findings: CheckFinding[] = [];
    for (const check of checksOf(services))
      try {
        await check();
      } catch (error) {
        if (!(error instanceof StudioError)) throw error;
        findings.push({ message: error.message, hint: error.hint ?? null });
      }
    return findings;
  },
};

function checksOf(services: HandlerServices): (() => Promise<void>)[] {
  const { home, store } = services;
  const runs = [...store.runs.list(false), ...store.runs.list(true)];
  return [
    ...store.adapters.list().map((adapter) => () => checkAdapterFiles({ home }, adapter)),
    ...runs
      .flatMap(({ checkpoints }) => checkpoints)
      .map(({ folder }) => async () => {
        const path = home.existing(folder);
        const manifest = path === null ? null : readManifest(path);
        if (path !== null && manifest !== null) await checkHashes(path, manifest);
      }),
    ...store.models
      .list()
      .filter(({ path }) => existsSync(path))
      .map((model) => () => checkStoredModel(services, model)),
  ];
}
