import type { AdapterNorms } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { openAdapter, readModule, readShared, readStored } from '../peft/open-adapter.ts';
import { requireLinear } from '../targets/target-modules.ts';
import { withShared } from '../variant/variant.ts';
import { squaredNorm } from '../weights/update-norm.ts';

/**
 * The norm of each module's update, in the order in which the input meets them. Memory holds the tensors of one module.
 * @param onModule awaited before each module, so that other work has its turn.
 * @throws StudioError as `openAdapter` does.
 */
export async function updateNorms(
  directory: string,
  description: ModelDescription,
  onModule: () => Promise<void> = async () => undefined,
): Promise<AdapterNorms> {
  const adapter = await openAdapter(directory, description);
  try {
    const { outline, file } = adapter;
    const { product, declaration } = outline.variant;
    const { lowRank, reason = '' } = product;
    if (lowRank === null)
      return { modules: [], problem: `${declaration.label} has no update B·A to measure: ${reason}.` };
    const rest = { parameters: outline.parameters, shared: await readShared(adapter, description) };
    const modules: AdapterNorms['modules'] = [];
    for (const [name, stored] of outline.modules) {
      await onModule();
      const module = requireLinear(description, name);
      const own = await readModule(stored, (tensor) => readStored(file, tensor));
      const norm = Math.sqrt(squaredNorm(lowRank(withShared(module, own, rest))));
      const perEntry = norm / Math.sqrt(module.inFeatures * module.outFeatures);
      modules.push({ name, layer: module.layer, norm, perEntry });
    }
    return { modules, problem: null };
  } finally {
    await adapter.close();
  }
}
