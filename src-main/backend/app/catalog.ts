import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import { studyKinds } from '../../../src-shared/studies/index.ts';
import { adapterVariants } from '../../engine/api/adapters.ts';
import { datasetReaders } from '../../engine/api/data.ts';
import { type MergeMethod, mergeMethods, pruneMethods, routers } from '../../engine/api/merging.ts';
import { modelFamilies } from '../../engine/api/models.ts';
import { sampling } from '../../engine/api/text.ts';
import { exportTargets } from '../library/export/index.ts';
import { targets } from '../targets/index.ts';

/**
 * Declarations of every variant, method and target, for the window (`app.catalog`) and for the command line's
 * options, which are built before a home is opened.
 */
export const catalog: Catalog = {
  adapterVariants: adapterVariants.map(({ declaration }) => withCard('methods/adapters', declaration)),
  mergeMethods: mergeMethods.map(({ declaration, makes, needs }) => ({
    ...withCard('methods/merging', declaration),
    makes,
    looksAtData: needs.data !== undefined,
  })),
  pruneMethods: pruneMethods.map(({ declaration }) => withCard('methods/pruning', declaration)),
  routers: routers.map(({ declaration }) => withCard('methods/routing', declaration)),
  modelFamilies: modelFamilies.map(({ declaration }) => ({ ...declaration, parameters: [] })),
  datasetReaders: datasetReaders.map(({ declaration }) => ({ ...declaration, card: 'guide/data' })),
  studies: studyKinds.map(({ declaration }) => withCard('methods/studies', withChoices(declaration))),
  exportTargets: exportTargets.map(({ declaration }) => ({ ...declaration, card: 'guide/merge' })),
  targets: targets.map(({ declaration }) => declaration),
  sampling: { ...sampling, card: 'guide/playground' },
};

/** A method with its card: docs/methods has a folder for each kind, and a file for each id. */
function withCard<Declared extends Declaration>(folder: string, declaration: Declared): Declared {
  return { ...declaration, card: `${folder}/${declaration.id}` };
}

/**
 * A parameter that names a merge method offers those that produce an adapter; one that names several, all that take more
 * than one adapter.
 */
function withChoices(declaration: Declaration): Declaration {
  const choicesOf = (methods: readonly MergeMethod[]) =>
    methods.map((method) => ({ value: method.declaration.id, label: method.declaration.label }));
  const makers = choicesOf(mergeMethods.filter(({ makes }) => makes === 'adapter'));
  const several = choicesOf(mergeMethods.filter(({ needs }) => needs.adapters?.maximum !== 1));
  const parameters = declaration.parameters.map((spec) => {
    if (spec.names === 'merge-method') return { ...spec, type: 'choice' as const, choices: makers };
    return spec.names === 'merge-methods' ? { ...spec, choices: several } : spec;
  });
  return { ...declaration, parameters };
}
