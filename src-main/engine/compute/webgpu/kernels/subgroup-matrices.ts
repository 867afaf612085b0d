import { z } from 'zod';

/** Matrices that a subgroup multiplies as one: m × k by k × n, with sums in float32 (Dawn's chromium-experimental-subgroup-matrix). */
export interface SubgroupMatrices {
  readonly component: 'f32' | 'f16';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Invocations of a subgroup at most: a workgroup is made of whole ones. */
  readonly subgroup: number;
}

export const subgroupMatrixFeature = 'chromium-experimental-subgroup-matrix';

const configSchema = z.object({
  componentType: z.string(),
  resultComponentType: z.string(),
  M: z.number(),
  N: z.number(),
  K: z.number(),
});

/** Rows and columns of the result, and of k at a time, that a subgroup computes: see `subgroup-matmul-program.ts`. */
export const subgroupBlock = 32;

/** Returns an adapter's usable matrix forms in its own order; empty if it has none or only sums below float32. */
export function subgroupMatricesOf(info: Pick<GPUAdapterInfo, 'subgroupMaxSize'>): SubgroupMatrices[] {
  const { subgroupMaxSize: subgroup } = info;
  const configs: unknown = Reflect.get(info, 'subgroupMatrixConfigs');
  if (!Array.isArray(configs) || subgroup === undefined) return [];
  return configs.flatMap((config: unknown) => {
    // The values of Dawn's objects are on their prototypes.
    const read = configSchema.safeParse(
      Object.fromEntries(Object.keys(configSchema.shape).map((name) => [name, Reflect.get(Object(config), name)])),
    );
    if (!read.success) return [];
    const { componentType: component, resultComponentType, M: m, N: n, K: k } = read.data;
    if ((component !== 'f16' && component !== 'f32') || resultComponentType !== 'f32') return [];
    if ([m, n, k].some((size) => subgroupBlock % size !== 0)) return [];
    return [{ component, m, n, k, subgroup }];
  });
}
