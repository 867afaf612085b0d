import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBenchmarkTasks } from '../../benchmark-tasks.ts';
import { goodData } from '../../cli/bad-input-support.ts';
import { goldenPath } from '../../engine/golden.ts';
import { withWords } from '../../engine/tasks/text-task.ts';

/** Command to kill: `words` of coto, or of another command; the same each time, except for the output. */
export interface KilledKind {
  words(out: string): readonly string[];
  readonly command?: string;
  /** Once it is asked again after a kill, what it prints is what it would have printed. */
  readonly isPrinted?: true;
}

const requests = fileURLToPath(new URL('request-job.ts', import.meta.url));
const training = { model: 'tiny', dataset: 'bands', max_steps: 4, per_device_train_batch_size: 4 };

/** Returns the commands that prepare a home for all kinds. */
export function preparations(base: string, data: string): string[][] {
  const lora = goldenPath('vit-28', 'adapters', 'lora');
  const encoder = `${data}-encoder`;
  cpSync(goldenPath('bert-bare', 'base'), encoder, { recursive: true });
  withWords(encoder);
  const finished = `${data}-study.yaml`;
  writeFileSync(finished, 'kind: contribution\nname: finished\ndataset: bands\nadapters:\n  - { adapter: other }\n');
  const run = ['--set', 'model=tiny', 'dataset=bands', 'adapter.r=2', 'max_steps=2'];
  return [
    ['models', 'add', base, '--name', 'tiny'],
    ['models', 'add', goldenPath('llama', 'base'), '--name', 'llama'],
    ['models', 'add', encoder, '--name', 'encoder'],
    ['datasets', 'add', data, '--name', 'bands'],
    ['datasets', 'add', goodData(`${data}-more`, 9), '--name', 'more bands'],
    ['adapters', 'import', lora, '--name', 'one'],
    ['train', '--name', 'trained', ...run, 'seed=1'],
    ['train', '--name', 'other', ...run, 'seed=2'],
    ['study', finished],
  ];
}

/** Every kind of job, `train` apart, each by a command that leads to it; studies also do `score`, `masks`, `mergeability` and `train`. */
export function killedKinds(folder: string, data: string): Readonly<Record<string, KilledKind>> {
  const files = join(folder, 'files');
  mkdirSync(files);
  const file = (name: string, content: string) => {
    const path = join(files, name);
    writeFileSync(path, content);
    return path;
  };
  const study = (name: string, yaml: string): KilledKind => {
    const path = file(`${name}.yaml`, yaml);
    return { words: () => ['study', path], isPrinted: true };
  };
  const logged = Array.from({ length: 200 }, (_, step) => ({ step, loss: 1 / (step + 1), grad_norm: 2 }));
  const recorded = join(files, 'recorded');
  mkdirSync(recorded);
  writeFileSync(join(recorded, 'trainer_state.json'), JSON.stringify({ log_history: logged }));
  const rows = Array.from({ length: 300 }, (_, row) => `"text ${row}",${row % 2}\n`).join('');
  const texts = file('texts.csv', `text,label\n${rows}`);
  const config = JSON.parse(readFileSync(join(goldenPath('vit-28', 'base'), 'config.json'), 'utf8'));
  const twoClasses = { id2label: { 0: 'upper', 1: 'lower' }, label2id: { upper: 0, lower: 1 } };
  const model = file('config.json', JSON.stringify({ ...config, ...twoClasses }));
  const pretraining = file(
    'pretrain.yaml',
    `model_config: ${model}\ntrain_data: [${data}]\nmax_steps: 30\nper_device_train_batch_size: 4\n`,
  );
  const tasks = join(files, 'tasks');
  writeBenchmarkTasks(tasks);
  const grid = `run: ${JSON.stringify(training)}\nseeds: [1, 2]\n`;
  return {
    merge: {
      words: () => ['merge', '--adapters', 'trained', 'other', '--method', 'factor-average', '--name', 'merged'],
    },
    prune: { words: () => ['prune', '--adapter', 'one', '--method', 'magnitude', '--name', 'pruned'] },
    route: {
      words: () => ['route', '--adapters', 'trained', 'other', '--router', 'uniform', '--samples', '2'],
      isPrinted: true,
    },
    'import of a PEFT folder': { words: () => ['adapters', 'import', goldenPath('vit-28', 'adapters', 'lora')] },
    'import-adapter': { words: () => ['adapters', 'import', goldenPath('llama', 'adapters', 'pissa')] },
    'export to PEFT': { words: (out) => ['export', '--adapter', 'one', '--to', 'peft', '--out', out] },
    'export merged': { words: (out) => ['export', '--adapter', 'one', '--to', 'merged', '--out', out] },
    'export to Python': { words: (out) => ['export', '--run', 'trained', '--to', 'python', '--out', out] },
    'package of a study': { words: (out) => ['study', 'package', 'finished', '--out', out] },
    convert: { words: () => ['models', 'add', goldenPath('gguf', 'llama.gguf'), '--name', 'converted'] },
    quantize: { words: () => ['models', 'quantize', 'tiny', '--type', 'Q8_0', '--name', 'quantized'] },
    'add-tokens': { words: () => ['models', 'add-tokens', 'small-llama', '<|new|>', '--name', 'more'] },
    download: { words: () => ['models', 'get', 'org/tiny'] },
    import: { words: () => ['datasets', 'add', texts] },
    'import-runs': { words: () => ['runs', 'import', recorded] },
    evaluate: { words: () => ['eval', '--adapter', 'trained', '--dataset', 'bands'] },
    benchmark: { words: () => ['eval', '--model', 'small-llama', '--tasks', tasks, '--samples', '2'], isPrinted: true },
    report: { words: (out) => ['report', 'trained', '--out', `${out}.html`] },
    generate: {
      words: () => ['generate', '--model', 'small-llama', '--prompt', 'The people', '--max-new-tokens', '4'],
      isPrinted: true,
    },
    pretrain: { words: (out) => ['pretrain', pretraining, '--out', out] },
    classify: {
      command: requests,
      isPrinted: true,
      words: () => [
        'classify',
        JSON.stringify({
          model: 'quickdraw-vit',
          columns: [null],
          image: { kind: 'example', dataset: 'fashion-mnist-small', split: 'test', index: 1 },
        }),
      ],
    },
    embed: {
      command: requests,
      isPrinted: true,
      words: () => [
        'embed-texts',
        JSON.stringify({ model: `${data}-encoder`, adapter: null, inputs: ['a good film', 'bad'] }),
      ],
    },
    'time-steps': {
      command: requests,
      isPrinted: true,
      words: () => [
        'time-steps',
        JSON.stringify({ ...training, model: 'quickdraw-vit', dataset: 'fashion-mnist-small' }),
      ],
    },
    'study of two adapters': study(
      'lambda',
      'kind: lambda\ndataset: bands\npoints: 3\npairs:\n  - { label: seeds, coto: false, from: trained, to: other }\n',
    ),
    'study of layers': study(
      'contribution',
      'kind: contribution\ndataset: bands\nadapters:\n  - { adapter: trained }\n',
    ),
    'study that trains': study('ablation', `kind: ablation\n${grid}grid: { coto: [null, {}] }\n`),
    'study of mergeability': study(
      'mergeability',
      `kind: mergeability\ntasks:\n  - { dataset: bands, name: a }\n  - { dataset: more bands, name: b }\nrun: ${JSON.stringify({ ...training, dataset: undefined })}\nseeds: [1, 2]\n`,
    ),
  };
}
