import { formatCount, plural } from '../components/format/format.ts';

/** The words of the Models page. */
export const modelsStrings = {
  title: 'Models',
  count: (count: number) => plural(count, 'base model'),
  list: 'Base models',
  filter: 'Filter models…',
  noMatch: 'No matching models',
  empty: 'No models yet. Add a Hugging Face folder (config.json and safetensors) or a GGUF file.',
  drop: 'Drop a model folder (config.json and safetensors) or a GGUF file to add it',
  download: 'Download from Hugging Face…',
  add: 'Add model folder',
  addGguf: 'Add a GGUF file…',
  chooseFolder: 'Choose a Hugging Face model folder',
  chooseGguf: 'Choose a GGUF file',
  added: 'Model added',
  known: 'Already in the list',
  bundled: 'bundled',
  weightFormat: 'Weights',
  weightFormatHelp: 'GGUF files stay quantized in memory. Safetensors merge and export without loss.',
  dismiss: 'Dismiss',
  tryAgain: 'Try again',
  layers: (layers: number, width: number) => `${plural(layers, 'layer')} · hidden size ${formatCount(width)}`,
  classes: (count: number) => plural(count, 'class', 'classes'),
  textInput: (positions: number, vocabulary: number) =>
    `text, up to ${formatCount(positions)} tokens; vocabulary of ${formatCount(vocabulary)}`,
  memoryToTrain: 'Memory to train',
  memoryNote: (tokens: number | null, free: string) =>
    `LoRA r 16 on all linear layers${tokens === null ? '' : `, ${formatCount(tokens)} tokens`}; ${free} free now`,
  trainWith: (batch: string, checkpointing: boolean) =>
    `Fine-tune with batch ${batch}${checkpointing ? ', gradient checkpointing' : ''}`,
  batch: 'Batch',
  batchHelp: 'per_device_train_batch_size × gradient_accumulation_steps: the effective batch is the same',
  batchOf: (size: number, accumulation: number) => `${size} × ${accumulation}`,
  checkpointing: 'Gradient checkpointing',
  on: 'on',
  off: 'off',
  memory: 'Memory',
  verdict: 'On this machine',
  verdicts: { fits: 'fits', tight: 'tight', 'does not fit': 'does not fit' },
  trainsIn: (memory: string) => `trains in ${memory}`,
} as const;
