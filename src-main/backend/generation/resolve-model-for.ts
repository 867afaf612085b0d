import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription, ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { resolveModel } from '../library/models/models.ts';

interface Ability {
  readonly kinds: readonly ModelDescription['kind'][];
  /** Ability of such models: "generate text". */
  readonly does: string;
  readonly hint: string;
}

/** Resolves a model that can do what is asked of it. @throws StudioError refused for one of another kind */
export async function resolveModelFor(
  ability: Ability,
  services: HandlerServices,
  reference: string,
): Promise<ModelRecord> {
  const model = await resolveModel(services, reference);
  requireAbility(ability, model);
  return model;
}

/** @throws StudioError refused for a model of another kind */
export function requireAbility({ kinds, does, hint }: Ability, { name, description }: ModelRecord): void {
  if (!kinds.includes(description.kind))
    throw new StudioError('refused', `${name} does not ${does}: it is a model for ${description.kind}.`, hint);
}
