import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription, ModelRecord } from '../../../src-shared/domain/model.ts';
import type { HandlerServices } from '../handler-services.ts';
import { resolveModel } from '../library/models.ts';

interface Ability {
  readonly kind: ModelDescription['kind'];
  /** What models of this kind do: "generate text". */
  readonly does: string;
  readonly hint: string;
}

/** Resolves a model that can do what is asked of it. @throws StudioError refused for one of another kind */
export async function resolveModelFor(
  { kind, does, hint }: Ability,
  services: HandlerServices,
  reference: string,
): Promise<ModelRecord> {
  const model = await resolveModel(services, reference);
  if (model.description.kind !== kind)
    throw new StudioError(
      'refused',
      `${model.name} does not ${does}: it is a model for ${model.description.kind}.`,
      hint,
    );
  return model;
}
