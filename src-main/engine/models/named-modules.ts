import type { LinearModule, ModelDescription } from '../../../src-shared/domain/models/model.ts';

/** Looks up modules of a description by name. */
export function namedModules(description: ModelDescription): (name: string) => LinearModule {
  const byName = new Map(description.linears.map((module) => [module.name, module]));
  return (name) => {
    const module = byName.get(name);
    if (module === undefined) throw new Error(`the description lacks the module ${name}`);
    return module;
  };
}
