import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { Generation, type GenerationOptions } from './generation.ts';

/**
 * Continues several prompts in one batch, to the end of each.
 * @param cancelled polled before each token; true ends all texts where they are.
 * @returns the new tokens of each prompt.
 */
export async function writeBatch(
  model: AdaptedModel,
  prompts: readonly (readonly number[])[],
  options: GenerationOptions,
  cancelled: () => Promise<boolean>,
): Promise<number[][]> {
  const generation = new Generation(model, prompts, options);
  const written = prompts.map((): number[] => []);
  try {
    while (!generation.done && !(await cancelled()))
      for (const [row, token] of (await generation.step()).entries()) if (token !== null) written[row]?.push(token);
    return written;
  } finally {
    generation.dispose();
  }
}
