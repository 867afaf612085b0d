import type { AdapterReference } from '../../../../src-shared/domain/adapters/adapter-reference.ts';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import type { Services } from '../../services/services.ts';
import { requireBase } from './adapter-base.ts';
import { resolveReference } from './adapters.ts';

/**
 * The folders of the adapters that are tried side by side; null: the base alone.
 * @throws StudioError refused for an adapter of another base
 */
export function columnDirectories(
  { home, store }: Pick<Services, 'home' | 'store'>,
  model: ModelRecord,
  columns: readonly (AdapterReference | null)[],
): (string | null)[] {
  return columns.map((column) => {
    if (column === null) return null;
    const record = resolveReference(store, column);
    requireBase(store, record, model, 'Choose it');
    return home.absolute(record.folder);
  });
}
