import { randomBytes } from 'node:crypto';

/** A new id such as run-3f9c0a12b4, with a prefix for the kind of record. */
export function newId(prefix: 'run' | 'job' | 'adapter' | 'study' | 'model' | 'dataset' | 'report' | 'demo'): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}
