import { llamaFamily } from './llama.ts';
import { textTowerFamily } from './text-tower.ts';

/** SmolVLM, with the text model of checkpoints of `SmolVLMForConditionalGeneration`. */
export const smolvlmFamily = textTowerFamily(
  'smolvlm',
  {
    id: 'smolvlm',
    label: 'SmolVLM',
    checkpoints: ['HuggingFaceTB/SmolVLM-256M-Instruct'],
    summary: 'The text model of SmolVLM; images are not used.',
    paper: {
      title: 'SmolVLM: Redefining small and efficient multimodal models',
      url: 'https://arxiv.org/abs/2504.05299',
    },
  },
  {
    label: 'a SmolVLM',
    texts: new Map([[llamaFamily.modelType, llamaFamily]]),
    module: 'model.text_model',
    isTied: false,
  },
);
