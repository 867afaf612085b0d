import type { CheckResult } from '../../../src-shared/domain/app/doctor-check.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { baseModels } from './base-models.ts';
import type { DoctorCheck } from './check.ts';
import { database } from './database.ts';
import { diskSpace } from './disk-space.ts';
import { leftOver } from './left-over.ts';
import { links } from './links.ts';
import { storedFiles } from './stored-files.ts';
import { unreadableRows } from './unreadable-rows.ts';

/** Every check of `coto doctor`, in the order in which it lists them. */
const checks: readonly DoctorCheck[] = [database, unreadableRows, leftOver, links, baseModels, storedFiles, diskSpace];

export async function runChecks(services: HandlerServices): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { id, label, run } of checks) results.push({ id, label, findings: await run(services) });
  return results;
}
