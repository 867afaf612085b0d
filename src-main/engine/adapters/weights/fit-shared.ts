import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';
import { modulesOf } from '../targets/target-modules.ts';
import type { AdapterState } from '../variant/state.ts';

/**
 * The tensors that the modules of an adapter share, cut to what these modules need: they are as large as the largest module, which
 * pruning may have taken away, and every module takes their first rows and columns.
 */
export function fitShared(
  state: Pick<AdapterState, 'variant' | 'parameters' | 'modules' | 'shared'>,
  description: ModelDescription,
): ReadonlyMap<string, HostTensor> {
  const { variant, parameters, shared } = state;
  if (variant.shared === undefined || shared.size === 0) return shared;
  const shapes = new Map(
    variant.shared.parts(modulesOf(state, description), parameters).map(({ name, shape }) => [name, shape]),
  );
  return new Map([...shared].map(([name, tensor]) => [name, corner(tensor, shapes.get(name) ?? tensor.shape)]));
}

/** The first entries along every axis; the tensor itself where it has no more of them, or lacks some. */
function corner(tensor: HostTensor, shape: readonly number[]): HostTensor {
  const isLarger = tensor.shape.some((size, axis) => size > (shape[axis] ?? size));
  if (!isLarger || tensor.shape.some((size, axis) => size < (shape[axis] ?? 0))) return tensor;
  const data = new Float32Array(elementCount(shape));
  for (const at of data.keys()) {
    let [rest, place, stride] = [at, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      place += (rest % size) * stride;
      rest = Math.floor(rest / size);
      stride *= tensor.shape[axis] ?? 1;
    }
    data[at] = tensor.data[place] ?? 0;
  }
  return { shape, data };
}
