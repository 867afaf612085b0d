import type { UpdateProducts } from '../../../../src-shared/domain/merging/update-products.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { findLinear } from '../../adapters/targets/target-modules.ts';
import { matmul, transpose } from '../../linalg/index.ts';
import { allModules, type LowRankUpdate, type MergeInput } from '../merge-method.ts';

export interface ProductsRequest {
  readonly description: ModelDescription;
  readonly inputs: readonly Pick<MergeInput, 'modules'>[];
  /** The updates of a module by the adapters at these places, in that order; valid until the next module. */
  updates(name: string, places: readonly number[]): Promise<LowRankUpdate[]>;
  /** Called after each module; may throw to end. */
  onModule?(): Promise<void>;
}

/** Inner products of all updates, layer by layer, from their factors: what any weights make of them follows from these. */
export async function updateProducts(request: ProductsRequest): Promise<UpdateProducts> {
  const { description, inputs } = request;
  const places = inputs.map((_, place) => place);
  const byLayer = new Map<number | null, number[][]>();
  for (const name of allModules(inputs)) {
    const layer = findLinear(description, name)?.layer ?? null;
    const rows = byLayer.get(layer) ?? places.map(() => places.map(() => 0));
    byLayer.set(layer, rows);
    const having = places.filter((place) => inputs[place]?.modules.has(name));
    const updates = await request.updates(name, having);
    for (const [at, one] of updates.entries())
      for (const [further, other] of updates.slice(at).entries()) {
        const [i, j] = [having[at] ?? 0, having[at + further] ?? 0];
        const product = innerProduct(one, other);
        for (const [row, column] of i === j
          ? [[i, i]]
          : [
              [i, j],
              [j, i],
            ]) {
          const cells = rows[row ?? 0] ?? [];
          cells[column ?? 0] = (cells[column ?? 0] ?? 0) + product;
        }
      }
    await request.onModule?.();
  }
  const layers = [...byLayer.keys()].sort((one, other) => (one ?? Infinity) - (other ?? Infinity));
  return { layers, products: layers.map((layer) => byLayer.get(layer) ?? []) };
}

/** ⟨s·B·A, t·D·C⟩ = s·t · Σ (Bᵀ·D) ∘ (A·Cᵀ): only products of the ranks' size are formed. */
function innerProduct(one: LowRankUpdate, other: LowRankUpdate): number {
  const outputs = matmul(transpose(one.b), other.b).data;
  const inputs = matmul(one.a, transpose(other.a)).data;
  const sum = outputs.reduce((total, value, at) => total + value * (inputs[at] ?? 0), 0);
  return one.scaling * other.scaling * sum;
}
