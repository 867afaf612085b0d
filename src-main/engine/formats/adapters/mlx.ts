import path from 'node:path';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../../../src-shared/contract/errors.ts';
import { writeFileAtomic, writeFolderAtomic } from '../../../files/atomic.ts';
import { fileLimits, readForeignText } from '../../../files/foreign-file.ts';
import { mostFrequent } from '../../adapters/peft-format/strength-keys.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { openSafetensors, writeSafetensors } from '../../tensors/safetensors.ts';
import { transposed } from '../../tensors/transpose.ts';
import { type CollectedModule, collectModules, finite, incompleteHint } from './collect-modules.ts';
import type { AdapterFormat, AdapterSource, ReadAdapter, WrittenAdapter } from './format.ts';
import { lowRankModules, refuseGgufNames, scaledFloats } from './low-rank-view.ts';

const configFile = 'adapter_config.json';
const tensorsFile = 'adapters.safetensors';

const configSchema = z.looseObject({
  model: z.string().nullish(),
  fine_tune_type: z.string().default('lora'),
  lora_parameters: z.looseObject({ scale: z.number().positive(), dropout: z.number().min(0).max(1).default(0) }),
});

/**
 * Folders of mlx-lm: adapters.safetensors with `<module>.lora_a` [in, rank] and `.lora_b` [rank, out] (transposed against PEFT's),
 * DoRA's `.m`; adapter_config.json with one scale and one rank for all. Source: mlx-lm, tuner/lora.py, tuner/dora.py and
 * tuner/utils.py (0.32).
 */
export const mlx: AdapterFormat = {
  id: 'mlx',
  label: 'MLX folder',
  summary: 'adapters.safetensors and adapter_config.json, as mlx-lm loads them (--adapter-path).',
  makes: 'folder',
  kinds: ['lora', 'rslora', 'dora', 'dora-rslora'],
  recognize: ({ entries }) => entries?.includes(tensorsFile) ?? false,
  read: readMlx,
  write: writeMlx,
};

async function readMlx({ path: folder }: AdapterSource): Promise<ReadAdapter> {
  const config = await readConfig(path.join(folder, configFile));
  const { fine_tune_type: kind } = config;
  const file = await openSafetensors(path.join(folder, tensorsFile));
  try {
    const modules = new Map<string, Map<string, HostTensor>>();
    for (const key of file.names) {
      const [, name, end] = /^(.+)\.(lora_a|lora_b|m)$/.exec(key) ?? [];
      const tensor = finite(file.path, key, await file.read(key));
      if (name === undefined || end === undefined || tensor.shape.length !== (end === 'm' ? 1 : 2))
        throw strange(file.path, key);
      const parts = modules.get(name) ?? new Map<string, HostTensor>();
      modules.set(name, parts);
      if (end === 'm') parts.set('magnitude', tensor);
      else parts.set(end === 'lora_a' ? 'a' : 'b', transposed(tensor));
    }
    const { scale } = config.lora_parameters;
    const collected = [...modules].map(([name, tensors]): CollectedModule => {
      const rank = tensors.get('a')?.shape[0] ?? 0;
      if (rank === 0) throw new StudioError('invalid_file', `${file.path}: ${name} has no lora_a.`, incompleteHint);
      const isEmbedding = /(^|\.)(embed_tokens|embed_in|wte|tok_embeddings)$/.test(name);
      return {
        name: transformersName(name),
        kind: isEmbedding ? 'embedding' : 'linear',
        tensors,
        rank,
        scaling: scale,
      };
    });
    const foreign = { name: config.model ?? null, hash: null, architecture: null };
    return collectModules(file.path, kind === 'dora' ? 'dora' : 'lora', collected, foreign);
  } finally {
    await file.close();
  }
}

function strange(file: string, key: string): StudioError {
  return new StudioError(
    'refused',
    `${file} contains ${key}, which is no matrix of a LoRA or DoRA of mlx-lm.`,
    'Experts and quantized adapters are not supported: train it on the linear layers, or fuse it with mlx_lm.fuse.',
  );
}

async function readConfig(file: string): Promise<z.output<typeof configSchema>> {
  const parsed = configSchema.safeParse(await readJson(file));
  if (!parsed.success)
    throw new StudioError('invalid_file', `${file}: ${describeIssues(parsed.error)}.`, 'The keys are those of mlx-lm.');
  if (parsed.data.fine_tune_type === 'lora' || parsed.data.fine_tune_type === 'dora') return parsed.data;
  throw new StudioError(
    'refused',
    `${file}: fine_tune_type is "${parsed.data.fine_tune_type}", which is no adapter.`,
    'LoRA and DoRA are read.',
  );
}

async function readJson(file: string): Promise<unknown> {
  const text = await readForeignText(file, fileLimits.config);
  try {
    return JSON.parse(text ?? '');
  } catch (error) {
    throw new StudioError(
      'invalid_file',
      `${file} cannot be read as JSON.`,
      'An MLX adapter is a folder with adapters.safetensors and adapter_config.json: copy both.',
      String(error),
    );
  }
}

async function writeMlx(folder: string, { state, description }: WrittenAdapter): Promise<void> {
  const modules = lowRankModules(state, description, "MLX's format", true);
  refuseGgufNames(modules, "MLX's format");
  const convolution = modules.find(({ module }) => module.kernel !== undefined);
  if (convolution)
    throw new StudioError(
      'refused',
      `MLX adapts linear layers, and ${convolution.module.name} is a convolution.`,
      'Export it as a kohya file or as a PEFT folder.',
    );
  const isDora = modules.every(({ magnitude }) => magnitude !== null);
  // mlx-lm gives all modules one rank, and rejects factors of another one.
  const rank = Math.max(...modules.map((module) => module.rank));
  const scale = mostFrequent(modules.map((module) => module.scaling));
  const tensors = new Map<string, HostTensor>();
  for (const { module, a, b, scaling, magnitude } of modules) {
    tensors.set(`${mlxName(module.name)}.lora_a`, transposed(withZeroRows(a, rank)));
    // All modules share one scale: a module's own ratio to it goes into its B.
    tensors.set(`${mlxName(module.name)}.lora_b`, withZeroRows(transposed(scaledFloats(b, scaling / scale)), rank));
    if (magnitude) tensors.set(`${mlxName(module.name)}.m`, magnitude);
  }
  const config = {
    adapter_path: 'adapters',
    fine_tune_type: isDora ? 'dora' : 'lora',
    // mlx-lm adapts the last layers; all of them have to be able to.
    num_layers: -1,
    lora_parameters: {
      rank,
      scale,
      dropout: 0,
      keys: [...new Set(modules.map(({ module }) => keyInLayer(module.name)))],
    },
    model: description.foreign?.name ?? state.config.base_model_name_or_path,
  };
  await writeFolderAtomic(folder, async (temporary) => {
    await writeSafetensors(path.join(temporary, tensorsFile), tensors);
    await writeFileAtomic(path.join(temporary, configFile), `${JSON.stringify(config, null, 2)}\n`);
  });
}

/** A matrix with rows of zeros below it, up to a number of rows. */
function withZeroRows(matrix: HostTensor, rows: number): HostTensor {
  const [own = 0, columns = 0] = matrix.shape;
  if (own === rows) return matrix;
  const data = new Float32Array(rows * columns);
  data.set(matrix.data);
  return { shape: [rows, columns], data };
}

/** mlx-lm names the parts of GPT-2 and GPT-NeoX otherwise than transformers; all other models go by the same names. */
function mlxName(name: string): string {
  return name
    .replace(/^transformer\.(h|wte|wpe)\b/, 'model.$1')
    .replace(/^gpt_neox\.layers\./, 'model.h.')
    .replace(/^gpt_neox\./, 'model.');
}

/** Modules of a layer of GPT-NeoX, which mlx-lm calls model.h as it does GPT-2's. */
const neoxModule = /^model\.h\.(?=\d+\.(attention\.|mlp\.dense_))/;

function transformersName(name: string): string {
  return name
    .replace(neoxModule, 'gpt_neox.layers.')
    .replace(/^model\.embed_in\b/, 'gpt_neox.embed_in')
    .replace(/^model\.(h|wte|wpe)\b/, 'transformer.$1');
}

/** mlx-lm's `keys` are names within a layer, or whole ones outside of the layers. */
function keyInLayer(name: string): string {
  return name.replace(/^.*?\.(layers|h|blocks)\.\d+\./, '');
}
