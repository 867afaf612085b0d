import { resolve } from 'node:path';
import type { TargetRecord } from '../../../src-shared/domain/targets/target.ts';
import type { Services } from '../services/services.ts';
import { commonParameters } from './common-parameters.ts';

/** The folder that bundles for a target are written into. */
export function bundlesFolder(
  { home }: Pick<Services, 'home'>,
  { parameters }: Pick<TargetRecord, 'parameters'>,
): string {
  const { folder } = commonParameters(parameters);
  return folder === '' ? home.absolute('bundles') : resolve(folder);
}
