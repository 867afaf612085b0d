import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import { adapterVariants } from '../../engine/adapters/variants/index.ts';
import { datasetReaders } from '../../engine/data/readers/index.ts';
import { sampling } from '../../engine/generation/sampling.ts';
import { mergeMethods } from '../../engine/merge/index.ts';
import { modelFamilies } from '../../engine/models/families.ts';
import { pruneMethods } from '../../engine/prune/index.ts';
import { studyKinds } from '../../engine/studies/index.ts';
import { Machine } from '../engine/machine.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import type { HandlerServices } from '../services.ts';

export function appHandlers(services: HandlerServices): Handlers<NamesOf<'app'>> {
  const machine = new Machine(services);
  return {
    'app.doctor': () => machine.doctor(),
    'app.measure': ({ backend }) => machine.measure(backend),
    'app.status': () => machine.status(),
    'app.catalog': catalog,
  };
}

/** Everything that is listed one file each, as it declares itself. */
function catalog(): Catalog {
  return {
    adapterVariants: adapterVariants.map(({ declaration }) => declaration),
    mergeMethods: mergeMethods.map(({ declaration, makes }) => ({ ...declaration, makes })),
    pruneMethods: pruneMethods.map(({ declaration, grid }) => ({ ...declaration, grid })),
    modelFamilies: modelFamilies.map(({ declaration }) => declaration),
    datasetReaders: datasetReaders.map(({ declaration }) => declaration),
    studies: studyKinds.map(({ declaration }) => declaration),
    sampling,
  };
}
