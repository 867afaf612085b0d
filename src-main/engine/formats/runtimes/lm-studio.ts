import { isLanguageModel, type Runtime, unsupported } from './runtime.ts';

/** LM Studio loads whole models only. */
export const lmStudio: Runtime = {
  id: 'lm-studio',
  label: 'LM Studio',
  source: 'lmstudio-ai/lms issue 110 and mlx-engine issue 51, both open in April 2026',
  check: (facts) =>
    isLanguageModel(facts)
      ? unsupported(
          'LM Studio loads whole models, no adapters: export it merged into its base, then convert that to GGUF or MLX.',
          facts.description.foreign ? null : 'merged',
        )
      : unsupported('LM Studio runs decoder-only language models, and the base of this adapter is not one.'),
};
