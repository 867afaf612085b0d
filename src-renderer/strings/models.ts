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
} as const;
