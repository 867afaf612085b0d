import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { useRequest } from '../../api/query.ts';

/** The models of the library that read texts, and the chosen one of them (null: the first). */
export function useTextModels(chosen: string | null): { models: readonly ModelRecord[]; model: ModelRecord | null } {
  const all = useRequest('models.list', {}).data ?? [];
  const models = all.filter(({ description }) => description.text !== null);
  return { models, model: models.find(({ id }) => id === chosen) ?? models[0] ?? null };
}
