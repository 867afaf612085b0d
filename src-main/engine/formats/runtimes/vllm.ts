import { mostFrequent } from '../../adapters/peft-format/strength-keys.ts';
import { beyondLora, converted, isLanguageModel, plainOrMerged, type Runtime, unsupported } from './runtime.ts';

/** vLLM's choices of --max-lora-rank. */
const ranks = [8, 16, 32, 64, 128, 256, 320, 512];

/**
 * vLLM reads PEFT folders of LoRA: no DoRA, no modules_to_save, no biases; one alpha and one r for all modules, as the config has
 * them; ranks up to --max-lora-rank.
 */
export const vllm: Runtime = {
  id: 'vllm',
  label: 'vLLM',
  source: 'vllm/lora/peft_helper.py and vllm/config/lora.py, 0.11 to 0.22 (docs.vllm.ai)',
  check(facts) {
    if (!isLanguageModel(facts))
      return unsupported('vLLM serves decoder-only language models, and the base of this adapter is not one.');
    const reason = beyondLora(facts);
    if (reason !== null) return plainOrMerged(facts, 'vLLM', reason);
    const modules = [...facts.outline.modules.values()];
    const highest = Math.max(...modules.map(({ rank }) => rank ?? 0));
    const most = ranks.at(-1) ?? 0;
    if (highest > most)
      return converted(
        `vLLM takes ranks up to ${most}, and this one has ${highest}: export it as plain LoRA of a lower rank.`,
        'lora',
        { rank: most, energy: 1 },
      );
    const usual = mostFrequent(modules.map(({ scaling }) => scaling));
    if (modules.some(({ scaling }) => Math.abs(scaling - usual) > 1e-6 * usual))
      return converted(
        'vLLM scales all modules alike, and these differ (rank_pattern, alpha_pattern): export it as plain LoRA, which puts the scale into B.',
        'lora',
        { rank: highest, energy: 1 },
      );
    const needed = ranks.find((rank) => rank >= highest) ?? most;
    return {
      verdict: 'yes',
      message: `Loads as a PEFT folder: vllm serve BASE --enable-lora --max-lora-rank ${needed} --lora-modules NAME=FOLDER.`,
      remedy: null,
    };
  },
};
