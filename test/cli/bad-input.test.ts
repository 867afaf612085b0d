import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { goldenPath } from '../engine/golden.ts';
import {
  caseFolders,
  copyOf,
  editBytes,
  editJson,
  editTensors,
  expectRefused,
  goodData,
  type Refusal,
  writeIdx,
} from './bad-input-support.ts';
import { cotoOn } from './run-command.ts';

const caseFolder = caseFolders();

/** Bad input, created in a folder of its own, and the command's arguments for it. */
interface Case extends Refusal {
  readonly words: (folder: string) => string[] | Promise<string[]>;
}
type Cases = Readonly<Record<string, Case>>;

const root = caseFolder();
const home = join(root, 'home');
const coto = cotoOn(home);
const query = 'vit.encoder.layer.1.attention.attention.query.weight';
const factorA = 'base_model.model.vit.layers.1.attention.q_proj.lora_A.weight';

beforeAll(async () => {
  for (const words of [
    ['models', 'add', copyOf(root), '--name', 'tiny'],
    ['datasets', 'add', goodData(join(root, 'bands')), '--name', 'bands'],
    ['adapters', 'import', goldenPath('vit-28', 'adapters', 'lora'), '--name', 'good'],
  ])
    expect(await coto(words)).toMatchObject({ code: 0 });
});

function refuses(cases: Cases): void {
  test.each(Object.entries(cases))('%s', async (_, { words, ...refusal }) => {
    await expectRefused(home, await words(caseFolder()), refusal);
  });
}

describe('a base model is refused', () => {
  const model = (damage: (folder: string, weights: string, config: string) => unknown): Case['words'] => {
    return async (folder) => {
      const base = copyOf(folder);
      await damage(base, join(base, 'model.safetensors'), join(base, 'config.json'));
      return ['models', 'add', base];
    };
  };
  const header = (edit: (json: string) => string) =>
    model((_, weights) =>
      editBytes(weights, (bytes) => {
        const length = Number(bytes.readBigUInt64LE(0));
        const json = Buffer.from(edit(bytes.subarray(8, 8 + length).toString()).padEnd(length));
        const size = Buffer.alloc(8);
        size.writeBigUInt64LE(BigInt(json.length));
        return Buffer.concat([size, json, bytes.subarray(8 + length)]);
      }),
    );

  refuses({
    'that is not there': {
      words: (folder) => ['models', 'add', join(folder, 'nothing')],
      code: 'invalid_input',
      says: ['nothing does not exist. Check the path.'],
    },
    'that is a file': {
      words: async (folder) => ['models', 'add', join(copyOf(folder), 'config.json')],
      code: 'invalid_input',
      says: ['config.json is a file, not a model folder. Give the folder'],
    },
    'whose safetensors is missing': {
      words: model((_, weights) => rmSync(weights)),
      code: 'invalid_file',
      says: [/base has no model\.safetensors\. .*model\.safetensors\.index\.json/],
    },
    'whose weights are pickled': {
      words: model((base, weights) => {
        rmSync(weights);
        writeFileSync(join(base, 'pytorch_model.bin'), 'x');
      }),
      code: 'invalid_file',
      says: ['pytorch_model.bin', 'convert it to safetensors'],
    },
    'whose safetensors is empty': {
      words: model((_, weights) => truncateSync(weights, 0)),
      code: 'invalid_file',
      says: ['model.safetensors has only 0 bytes', 'Copy or download'],
    },
    'whose header is cut off': {
      words: model((_, weights) => truncateSync(weights, 600)),
      code: 'invalid_file',
      says: [/model\.safetensors is truncated: its header needs \d+ bytes, the file has 600\./],
    },
    'whose header reaches beyond the file': {
      words: model((_, weights) =>
        editBytes(weights, (bytes) => {
          bytes.writeBigUInt64LE(BigInt(bytes.length), 0);
          return bytes;
        }),
      ),
      code: 'invalid_file',
      says: [/model\.safetensors is truncated: its header needs 74520 bytes, the file has 74512\./],
    },
    'whose header length is absurd': {
      words: model((_, weights) => editBytes(weights, (bytes) => bytes.fill(0xff, 0, 8))),
      code: 'invalid_file',
      says: ['model.safetensors is not a safetensors file', '18446744073709551615'],
    },
    'whose header is no JSON': {
      words: header((json) => json.replace('{', '[')),
      code: 'invalid_file',
      says: ['model.safetensors has a header that is not JSON'],
    },
    'whose last tensor is cut off': {
      words: model((_, weights) => truncateSync(weights, 74_500)),
      code: 'invalid_file',
      says: [/model\.safetensors is truncated: tensor ".+" ends at byte 74512, the file has 74500/],
    },
    'whose header gives a tensor too few bytes': {
      words: header((json) => json.replace('"shape":[10,32]', '"shape":[11,32]')),
      code: 'invalid_file',
      says: ['tensor "classifier.weight"', '[11, 32]'],
    },
    'that stores a tensor in an unknown type': {
      words: header((json) => json.replace('"F32"', '"Q4"')),
      code: 'invalid_file',
      says: [/stores tensor ".+" as Q4/, 'Supported are'],
    },
    'that lacks a tensor': {
      words: model((_, weights) => editTensors(weights, (tensors) => tensors.delete(query))),
      code: 'invalid_file',
      says: ['model.safetensors', query],
    },
    'with a tensor of the wrong shape': {
      words: model((_, weights) =>
        editTensors(weights, (tensors) => tensors.set(query, { shape: [32, 16], data: new Float32Array(512) })),
      ),
      code: 'invalid_file',
      says: ['model.safetensors', query, '[32, 16]', '[32, 32]'],
    },
    'without config.json': {
      words: model((_base, _weights, config) => rmSync(config)),
      code: 'invalid_file',
      says: ['has no config.json', 'Hugging Face'],
    },
    'whose config is no JSON': {
      words: model((_base, _weights, config) => writeFileSync(config, '{ "model_type": ')),
      code: 'invalid_file',
      says: ['config.json is not JSON', 'again'],
    },
    'whose config lacks a needed key': {
      words: model((_base, _weights, config) => editJson(config, (value) => delete value['hidden_size'])),
      code: 'invalid_file',
      says: ['config.json lacks the key "hidden_size"'],
    },
    'whose config does not say its type': {
      words: model((_base, _weights, config) => editJson(config, (value) => delete value['model_type'])),
      code: 'invalid_file',
      says: ['config.json lacks the key "model_type".', /"model_type"\. \S/],
    },
    'whose config has a text for a number': {
      words: model((_base, _weights, config) =>
        editJson(config, (value) => Object.assign(value, { patch_size: 'big' })),
      ),
      code: 'invalid_file',
      says: ['config.json: patch_size'],
    },
    'of a family that is not known': {
      words: model((_base, _weights, config) =>
        editJson(config, (value) => Object.assign(value, { model_type: 'bloom' })),
      ),
      code: 'refused',
      says: ['config.json', '"bloom"', 'Nearest supported: Vision Transformer (vit)'],
    },
  });

  test('in training as well, before anything is kept', async () => {
    const base = copyOf(caseFolder());
    truncateSync(join(base, 'model.safetensors'), 600);
    await expectRefused(home, ['train', '--set', `model=${base}`, 'dataset=bands'], {
      code: 'invalid_file',
      says: ['model.safetensors is truncated'],
    });
  });
});

describe('a dataset is refused', () => {
  const two = { labels: [0, 1, 0, 1] };
  const idx = (...details: [Parameters<typeof writeIdx>[1], (readonly string[])?]): Case['words'] => {
    return (folder) => ['datasets', 'add', writeIdx(folder, ...details)];
  };
  const damaged = (file: string, edit: (bytes: Buffer<ArrayBuffer>) => Uint8Array): Case['words'] => {
    return (folder) => {
      editBytes(join(writeIdx(folder, { train: two, t10k: two }), file), edit);
      return ['datasets', 'add', folder];
    };
  };

  refuses({
    'that is not there': {
      words: (folder) => ['datasets', 'add', join(folder, 'nothing')],
      code: 'invalid_input',
      says: ['nothing does not exist'],
    },
    'that is an empty folder': {
      words: (folder) => ['datasets', 'add', folder],
      code: 'invalid_file',
      says: ['is not in a supported format', 'IDX files', 'folder of images for each class'],
    },
    'whose folders hold no image': {
      words: (folder) => {
        for (const name of ['cat', 'dog']) {
          mkdirSync(join(folder, name));
          writeFileSync(join(folder, name, 'notes.txt'), 'no image');
        }
        return ['datasets', 'add', folder];
      },
      code: 'invalid_file',
      says: ['is not in a supported format', 'folder of images for each class'],
    },
    'whose images cannot be read': {
      words: (folder) => {
        for (const name of ['cat', 'dog']) {
          mkdirSync(join(folder, name));
          writeFileSync(join(folder, name, 'one.png'), 'no image');
        }
        return ['datasets', 'add', folder];
      },
      code: 'invalid_file',
      says: ['no readable image', 'the dataset is empty'],
    },
    'whose IDX files hold nothing': {
      words: idx({ train: { labels: [] } }),
      code: 'invalid_file',
      says: ['train-images-idx3-ubyte', 'the dataset is empty', /empty\. \S/],
    },
    'whose test files hold nothing': {
      words: idx({ train: two, t10k: { labels: [] } }),
      code: 'invalid_file',
      says: ['t10k-images-idx3-ubyte', 'the dataset is empty'],
    },
    'with a label beyond its names': {
      words: idx({ train: { labels: [0, 1, 2, 1] }, t10k: two }, ['upper', 'lower']),
      code: 'invalid_file',
      says: ['train-labels-idx1-ubyte', 'label 2 in row 2', '2 classes, 0 to 1', /0 to 1\. \S/],
    },
    'with a test label that training does not know': {
      words: idx({ train: two, t10k: { labels: [0, 5] } }),
      code: 'invalid_file',
      says: ['t10k-labels-idx1-ubyte', 'label 5 in row 1'],
    },
    'with fewer images than labels': {
      words: idx({ train: { labels: [0, 1, 0, 1], images: 3 } }),
      code: 'invalid_file',
      says: ['train-images-idx3-ubyte has 3 images', 'train-labels-idx1-ubyte has 4 labels', /labels\. \S/],
    },
    'with images but no labels': {
      words: (folder) => {
        rmSync(join(writeIdx(folder, { train: two }), 'train-labels-idx1-ubyte'));
        return ['datasets', 'add', folder];
      },
      code: 'invalid_file',
      says: ['has no train-labels IDX file', 'Expected e.g.'],
    },
    'whose images are cut off': {
      words: damaged('train-images-idx3-ubyte', (bytes) => bytes.subarray(0, 16 + 2 * 784 + 5)),
      code: 'invalid_file',
      says: ['train-images-idx3-ubyte states 4 × 28 × 28 values', 'ends inside row 2', 'Get the file again'],
    },
    'that is no IDX file': {
      words: damaged('train-images-idx3-ubyte', (bytes) => bytes.fill(1, 0, 4)),
      code: 'invalid_file',
      says: ['train-images-idx3-ubyte', 'two zero bytes'],
    },
  });
});

describe('an adapter is refused', () => {
  const adapter = (damage: (tensors: string, config: string) => unknown): Case['words'] => {
    return async (folder) => {
      const copy = copyOf(folder, 'vit-28', 'adapters', 'lora');
      await damage(join(copy, 'adapter_model.safetensors'), join(copy, 'adapter_config.json'));
      return ['adapters', 'import', copy, '--model', 'tiny'];
    };
  };
  const config = (changes: object) => adapter((_, file) => editJson(file, (value) => Object.assign(value, changes)));

  refuses({
    'that is not there': {
      words: (folder) => ['adapters', 'import', join(folder, 'nothing')],
      code: 'invalid_input',
      says: ['nothing does not exist'],
    },
    'without a config': {
      words: adapter((_, file) => rmSync(file)),
      code: 'invalid_file',
      says: ['adapter_config.json is missing', 'Choose the folder'],
    },
    'whose config is no JSON': {
      words: adapter((_, file) => writeFileSync(file, '{')),
      code: 'invalid_file',
      says: ['adapter_config.json is not valid JSON', /JSON\. \S/],
    },
    'without its safetensors': {
      words: adapter((tensors) => rmSync(tensors)),
      code: 'invalid_file',
      says: ['adapter_model.safetensors does not exist'],
    },
    'whose safetensors is cut off': {
      words: adapter((tensors) => truncateSync(tensors, 5000)),
      code: 'invalid_file',
      says: ['adapter_model.safetensors is truncated: tensor'],
    },
    'with a number that is none': {
      words: adapter((tensors) =>
        editTensors(tensors, (all) => {
          const { data } = all.get(factorA) ?? { data: [] };
          data[3] = Number.NaN;
        }),
      ),
      code: 'invalid_file',
      says: ['adapter_model.safetensors', factorA, 'NaN', /\. \S/],
    },
    'with one factor only': {
      words: adapter((tensors) => editTensors(tensors, (all) => all.delete(factorA))),
      code: 'invalid_file',
      says: ['adapter_model.safetensors', factorA, 'is missing'],
    },
    'with a factor of the wrong shape': {
      words: adapter((tensors) =>
        editTensors(tensors, (all) => all.set(factorA, { shape: [2, 16], data: new Float32Array(32) })),
      ),
      code: 'invalid_file',
      says: ['adapter_model.safetensors', 'q_proj.lora_A.weight', '[2, 16]'],
    },
    'whose config states another rank': {
      words: config({ r: 5 }),
      code: 'invalid_file',
      says: ['adapter_model.safetensors', 'lora_A.weight', 'rank comes from adapter_config.json'],
    },
    'whose rank is a text': {
      words: config({ r: 'high' }),
      code: 'invalid_file',
      says: ['adapter_config.json', 'r:'],
    },
    'of a kind that is not supported': {
      words: config({ peft_type: 'XLORA' }),
      code: 'refused',
      says: ['adapter_config.json', 'XLORA', 'Supported are LoRA'],
    },
    'with a setting that is not supported': {
      words: config({ layer_replication: [[0, 1]] }),
      code: 'refused',
      says: ['adapter_config.json', 'layer_replication', 'Supported are LoRA'],
    },
    'made for another base': {
      words: (folder) => ['adapters', 'import', copyOf(folder, 'vit', 'adapters', 'lora-layers'), '--model', 'tiny'],
      code: 'invalid_file',
      says: ['adapter_model.safetensors', /\. \S/],
    },
    'where it is scored': {
      words: async (folder) => {
        const copy = copyOf(folder, 'vit-28', 'adapters', 'lora');
        truncateSync(join(copy, 'adapter_model.safetensors'), 5000);
        return ['eval', '--dataset', 'bands', '--model', 'tiny', '--adapter', copy];
      },
      code: 'invalid_file',
      says: ['adapter_model.safetensors is truncated'],
    },
  });
});

describe('a run is refused', () => {
  const yaml = (text: string, ...more: string[]): Case['words'] => {
    return (folder) => {
      writeFileSync(join(folder, 'run.yaml'), text);
      return ['train', join(folder, 'run.yaml'), ...more];
    };
  };
  const good = 'model: tiny\ndataset: bands\nmax_steps: 2\n';

  refuses({
    'whose file is missing': {
      words: (folder) => ['train', join(folder, 'nothing.yaml')],
      code: 'not_found',
      says: ['nothing.yaml', /\. \S/],
    },
    'whose file is no YAML': {
      words: yaml('model: [tiny\ndataset: bands\n'),
      code: 'invalid_input',
      says: ['run.yaml', /line \d/, /\. \S/],
    },
    'whose file is a list': {
      words: yaml('- model\n- dataset\n'),
      code: 'invalid_input',
      says: ['run.yaml', 'object'],
    },
    'with an unknown key': {
      words: yaml(`${good}learning_rat: 1\n`),
      code: 'invalid_input',
      says: ['run.yaml', '"learning_rat"', 'Keys are those of'],
    },
    'with a value of the wrong type': {
      words: yaml(`${good}learning_rate: fast\nadapter: { r: 2.5 }\n`),
      code: 'invalid_input',
      says: ['run.yaml', 'learning_rate: ', 'adapter.r: '],
    },
    'with a value out of range': {
      words: yaml(good, '--set', 'coto.initial_p=2'),
      code: 'invalid_input',
      says: ['coto.initial_p: '],
    },
    'with an unknown key behind --set': {
      words: yaml(good, '--set', 'adapter.ranks=3'),
      code: 'invalid_input',
      says: ['adapter', '"ranks"'],
    },
    'with a value behind --set that is no YAML': {
      words: yaml(good, '--set', 'adapter.target_modules=[q_proj'),
      code: 'invalid_input',
      says: ['adapter.target_modules'],
    },
    'of a model that nobody knows': {
      words: yaml('model: nobody\ndataset: bands\n'),
      code: 'not_found',
      says: ['"nobody"', 'coto models list'],
    },
    'on data that nobody knows': {
      words: yaml('model: tiny\ndataset: nowhere\n'),
      code: 'not_found',
      says: ['"nowhere"', 'coto datasets list'],
    },
    'whose targets are not in the model': {
      words: yaml(`${good}adapter: { target_modules: [c_attn] }\n`),
      code: 'invalid_input',
      says: ['target_modules', 'c_attn'],
    },
    'of a variant that is not known': {
      words: yaml(`${good}adapter: { variant: xlora }\n`),
      code: 'invalid_input',
      says: ['variant', '"xlora"', 'lora, rslora'],
    },
    'where a class has too few examples': {
      words: yaml(`${good}train_samples_per_class: 9\n`),
      code: 'invalid_input',
      says: ['train_samples_per_class is 9', 'the class upper has 8 training examples', 'Choose at most 8'],
    },
  });
});

describe('rejects bad input derived from adapters', () => {
  refuses({
    'with a merge file that has an unknown key': {
      words: (folder) => {
        writeFileSync(join(folder, 'merge.yaml'), 'method: linear\nadapters: [good, good]\nwieghts: [1, 1]\n');
        return ['merge', join(folder, 'merge.yaml')];
      },
      code: 'invalid_input',
      says: ['merge.yaml', '"wieghts"', /\. \S/],
    },
    'with a merge file that is no YAML': {
      words: (folder) => {
        writeFileSync(join(folder, 'merge.yaml'), 'method: "linear\nadapters: [good]\n');
        return ['merge', join(folder, 'merge.yaml')];
      },
      code: 'invalid_input',
      says: ['merge.yaml', /line \d/],
    },
    'by a method that is not known': {
      words: () => ['merge', '--method', 'blend', '--adapters', 'good', 'good'],
      code: 'not_found',
      says: ['"blend"', 'factor-average'],
    },
    'by a merge of outputs that should be written': {
      words: (folder) => ['merge', '--method', 'ensemble', '--adapters', 'good', 'good', '--out', join(folder, 'out')],
      code: 'refused',
      says: ['ensemble', 'no adapter to write'],
    },
    'with a sparsity beyond 1': {
      words: () => ['prune', '--adapter', 'good', '--method', 'magnitude', '--sparsity', '1.5'],
      code: 'invalid_input',
      says: ['sparsity'],
    },
    'with an unknown name behind --set': {
      words: () => ['prune', '--adapter', 'good', '--method', 'magnitude', '--set', 'density=0.5'],
      code: 'invalid_input',
      says: ['"density"', 'sparsity'],
    },
    'with a study file that lacks a key': {
      words: (folder) => {
        writeFileSync(join(folder, 'study.yaml'), 'kind: lambda\ndataset: bands\n');
        return ['study', join(folder, 'study.yaml')];
      },
      code: 'invalid_input',
      says: ['study.yaml', 'pairs', /\. \S/],
    },
    'with a study file that is no YAML': {
      words: (folder) => {
        writeFileSync(join(folder, 'study.yaml'), 'kind: [lambda\n');
        return ['study', join(folder, 'study.yaml')];
      },
      code: 'invalid_input',
      says: ['study.yaml', /line \d/],
    },
  });
});
