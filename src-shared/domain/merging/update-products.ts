import { z } from 'zod';

/** Inner products ⟨ΔWᵢ, ΔWⱼ⟩ of the updates of some adapters, summed over the modules of each layer. */
export const updateProductsSchema = z.object({
  layers: z.array(z.number().int().nullable()).describe('null: outside the layers'),
  products: z.array(z.array(z.array(z.number()))).describe('products[layer][i][j]'),
});
export type UpdateProducts = z.infer<typeof updateProductsSchema>;
