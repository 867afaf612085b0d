import type { Declaration } from '../../src-shared/domain/parameters/parameter.ts';
import { runParameters } from '../../src-shared/domain/runs/run.ts';
import { initializations } from './adapters/initializations/index.ts';
import { adapterVariants } from './adapters/variants/index.ts';
import { datasetReaders } from './data/readers/index.ts';
import { sampling } from './generation/sampling.ts';
import { learningRateSchedules } from './learning-rate/index.ts';
import { mergeMethods } from './merge/methods/index.ts';
import { modelFamilies } from './models/families.ts';
import { optimizerKinds } from './optimizers/index.ts';
import { pruneMethods } from './prune/index.ts';
import { routers } from './routing/index.ts';
import { taskTypes } from './tasks/index.ts';

/** The lists that every id in a request comes from, with labels, summaries and parameters. */
export const declarations = {
  adapterVariants: declared(adapterVariants),
  initializations: declared(initializations),
  learningRateSchedules: Object.values(learningRateSchedules).map(
    ({ id, label, summary }): Declaration => ({ id, label, summary, parameters: [] }),
  ),
  optimizers: declared(Object.values(optimizerKinds)),
  mergeMethods: declared(mergeMethods),
  pruneMethods: declared(pruneMethods),
  routers: declared(routers),
  tasks: taskTypes.map(
    ({ declaration: { id, label, summary, settings, uses } }): Declaration => ({
      id,
      label,
      summary,
      parameters: runParameters().filter(({ name }) => name in settings || uses.some((shared) => shared === name)),
    }),
  ),
  datasetReaders: declared(datasetReaders),
  modelFamilies: modelFamilies.map(({ declaration }) => ({ ...declaration, parameters: [] })),
  sampling,
} satisfies Readonly<Record<string, Declaration | readonly Declaration[]>>;

function declared(list: readonly { readonly declaration: Declaration }[]): readonly Declaration[] {
  return list.map(({ declaration }) => declaration);
}
