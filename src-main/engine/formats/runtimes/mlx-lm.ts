import { beyondLora, converted, isLanguageModel, plainOrMerged, type Runtime, unsupported } from './runtime.ts';

/** mlx-lm reads LoRA and DoRA of the models that it has. */
export const mlxLm: Runtime = {
  id: 'mlx',
  label: 'MLX (mlx-lm)',
  source: 'mlx-lm tuner/utils.py, tuner/lora.py and tuner/dora.py, 0.32',
  check(facts) {
    if (!isLanguageModel(facts))
      return unsupported('mlx-lm runs decoder-only language models, and the base of this adapter is not one.');
    const { variant, saved, biases } = facts.outline;
    const isDora = variant.declaration.id.startsWith('dora') && saved.size === 0 && biases.size === 0;
    const reason = isDora ? null : beyondLora(facts);
    if (reason !== null) return plainOrMerged(facts, 'mlx-lm', reason);
    if ([...facts.outline.modules.keys()].some((name) => name.startsWith('blk.')))
      return unsupported('The adapter has the names of a GGUF file: add its base model, then import the file again.');
    return converted('Loads as an MLX folder: mlx_lm.generate --model BASE --adapter-path FOLDER.', 'mlx');
  },
};
