// usage: node scripts/make-which-base.mjs [--check]
// Writes docs/guide/which-base.md: the memory that it takes to train common base models, by the app's own estimate from their
// config.json. --check writes nothing and fails where the page is not current.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { estimateMemory } from '../src-main/backend/runs/estimate-memory.ts';
import { adapterMemory, adapterSizes } from '../src-main/engine/adapters/inspect/adapter-memory.ts';
import { resolveTargetModules } from '../src-main/engine/adapters/targets/target-modules.ts';
import { adapterVariant } from '../src-main/engine/adapters/variants/index.ts';
import { familyOf } from '../src-main/engine/models/huggingface/model-folder.ts';
import { freshWeights } from '../src-main/engine/pretrain/fresh-weights.ts';
import { blockTypeNamed } from '../src-main/engine/tensors/tensor-types/index.ts';
import { checkedParameters } from '../src-shared/domain/parameters/parameter-check.ts';
import { RandomStream } from '../src-shared/random.ts';
import { tightShare } from '../src-shared/results/memory-verdict.ts';
import { root } from './bootstrap/paths.mjs';

const check = parseArgs({ options: { check: { type: 'boolean' } } }).values.check === true;
const file = join(root, 'docs', 'guide', 'which-base.md');
const tokens = 1024;
const rank = 16;
const storages = ['BF16', 'Q8_0', 'Q4_0'];
/** Memory used by the system and other programs. */
const othersBytes = 2 * 2 ** 30;
const machines = [8, 16, 32, 64, 128];

/**
 * Sizes of models by their config.json.
 * @type {Record<string, [modelType: string, layers: number, hidden: number, inner: number, heads: number, keyValueHeads: number, vocabulary: number, tied: boolean, headSize?: number]>}
 */
const shapes = {
  'SmolLM2-135M': ['llama', 30, 576, 1536, 9, 3, 49_152, true],
  'SmolLM2-360M': ['llama', 32, 960, 2560, 15, 5, 49_152, true],
  'Qwen2.5-0.5B': ['qwen2', 24, 896, 4864, 14, 2, 151_936, true],
  'Qwen3-0.6B': ['qwen3', 28, 1024, 3072, 16, 8, 151_936, true, 128],
  'Llama-3.2-1B': ['llama', 16, 2048, 8192, 32, 8, 128_256, true],
  'Qwen2.5-1.5B': ['qwen2', 28, 1536, 8960, 12, 2, 151_936, true],
  'SmolLM2-1.7B': ['llama', 24, 2048, 8192, 32, 32, 49_152, true],
  'Qwen3-1.7B': ['qwen3', 28, 2048, 6144, 16, 8, 151_936, true, 128],
  'Qwen2.5-3B': ['qwen2', 36, 2048, 11_008, 16, 2, 151_936, true],
  'Llama-3.2-3B': ['llama', 28, 3072, 8192, 24, 8, 128_256, true],
  'Qwen3-4B': ['qwen3', 36, 2560, 9728, 32, 8, 151_936, true, 128],
  'Mistral-7B-v0.3': ['mistral', 32, 4096, 14_336, 32, 8, 32_768, false],
  'Qwen2.5-7B': ['qwen2', 28, 3584, 18_944, 28, 4, 152_064, false],
  'Llama-3.1-8B': ['llama', 32, 4096, 14_336, 32, 8, 128_256, false],
  'Qwen3-8B': ['qwen3', 36, 4096, 12_288, 32, 8, 151_936, false, 128],
};

const text = `${page()}\n`;
if (check && (!existsSync(file) || readFileSync(file, 'utf8') !== text)) {
  console.error('docs/guide/which-base.md is not current; run node scripts/make-which-base.mjs');
  process.exitCode = 1;
}
if (!check) writeFileSync(file, text);

function page() {
  const rows = Object.entries(shapes).map(([name, shape]) => {
    const { parameterCount, needs } = estimates(shape);
    const smallest = Math.min(...needs.map(({ bytes }) => bytes));
    return [
      name,
      `${(parameterCount / 1e9).toPrecision(3)} billion`,
      ...needs.map(({ bytes }) => gigabytes(bytes)),
      machineFor(needs[0]?.bytes ?? 0),
      machineFor(smallest),
    ];
  });
  return [
    '# Which base fits my machine',
    '<!-- made by scripts/make-which-base.mjs from the estimate that the app itself makes: edit there -->',
    `Memory of a training step on the native backend (CPU), with LoRA of rank ${rank} on every linear layer, one example of ${tokens} tokens at a time (\`per_device_train_batch_size: 1\`; \`gradient_accumulation_steps\` sets the effective batch) and gradient checkpointing. *BF16* is the published checkpoint; *Q8_0* and *Q4_0* are GGUF files of it, which stay quantized in memory. The machine is the smallest with enough memory: 2 GiB for the system, and no more than ${100 * tightShare} % of the rest.`,
    table(
      ['Base', 'Parameters', ...storages, 'Machine for BF16', 'Machine at least'],
      [{ align: 'left' }, ...Array.from({ length: 6 }, () => ({ align: 'right' }))],
      rows,
    ),
    'The Models page and `coto models show` show the same for your own models, for the free memory and for larger batches; the Train page shows it for the run in the form.',
    '## When it does not fit',
    [
      '- **Gradient checkpointing** (`gradient_checkpointing: true`) stores the activations of one layer instead of all layers and takes about a third more time. Results are the same.',
      '- **Activations in bfloat16** (`activation_dtype: bfloat16`, native and WebGPU backends) halve the memory of stored activations, alone or with gradient checkpointing. The forward pass is not rounded; gradients differ by less than 2 % of their norm.',
      "- **A smaller batch, more accumulation**: activations grow with `per_device_train_batch_size`, the result only with the product of the two. `auto_find_batch_size: true` splits that product into the largest micro-batches that fit when the run is queued; the Train page, `coto train --dry-run` and the run's log show the split.",
      '- **A shorter `max_length`**: activations grow with the tokens. The Data page shows how long your texts are.',
      '- **A quantized base**: `coto models get org/name:Q4_K_M` downloads a GGUF file of that type, and the Download dialog lists the types of a model. Adapters trained on it also work on the unquantized base, with slightly lower scores.',
      '- **A plain adapter on a quantized base**: SHiRA and Bat decode the whole weight of a linear for each product (SHiRA creates four matrices of its size), and DoRA with an initialization that is subtracted from the base (PiSSA, OLoRA, MiLoRA, CorDA, LoRA-GA) keeps a float32 copy of every adapted linear. The estimate counts both; LoRA, DoRA and the others need neither.',
      '- **A smaller base**: after fine-tuning on one narrow task, the difference is often small. Measure it on your data before you buy memory.',
    ].join('\n'),
    'Bases below 270 million parameters are kept in float32, with a copy packed for the products, because this is faster and the memory is small.',
  ].join('\n\n');
}

/** @param {(typeof shapes)[string]} shape */
function estimates([modelType, layers, hidden, inner, heads, keyValueHeads, vocabulary, tied, headSize]) {
  const config = {
    path: 'config.json',
    value: {
      architectures: [`${modelType[0]?.toUpperCase()}${modelType.slice(1)}ForCausalLM`],
      model_type: modelType,
      hidden_size: hidden,
      intermediate_size: inner,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      num_key_value_heads: keyValueHeads,
      vocab_size: vocabulary,
      max_position_embeddings: 8192,
      rms_norm_eps: 1e-5,
      tie_word_embeddings: tied,
      ...(headSize === undefined ? {} : { head_dim: headSize }),
    },
  };
  const family = familyOf(config);
  const weights = freshWeights(RandomStream.seeded(0, 'initialization'), { deviation: 0.02, residualLayers: 0 });
  const described = family.describe(config, weights);
  const tensors = weights.names.map((name) => weights.info(name).shape);
  const valuesOf = (/** @type {readonly number[]} */ sizes) => sizes.reduce((product, size) => product * size, 1);
  const parameterCount = tensors.reduce((sum, sizes) => sum + valuesOf(sizes), 0);
  const variant = adapterVariant('lora');
  const parameters = checkedParameters(variant.declaration, { r: rank, lora_alpha: 2 * rank });
  const needs = storages.map((dtype) => {
    const type = blockTypeNamed(dtype);
    const bytesOf = (/** @type {readonly number[]} */ sizes) =>
      type === null
        ? 2 * valuesOf(sizes)
        : sizes.length < 2
          ? 4 * valuesOf(sizes)
          : (valuesOf(sizes) / type.blockValues) * type.blockBytes;
    const description = {
      ...described,
      family: family.declaration.id,
      parameterCount,
      sizeBytes: tensors.reduce((sum, sizes) => sum + bytesOf(sizes), 0),
      dtype,
      fingerprint: '',
    };
    const targets = resolveTargetModules({ target_modules: 'all-linear' }, description);
    const parts = estimateMemory({
      description,
      int8Products: false,
      memory: family.memory(config, { tokens }),
      adapters: adapterMemory(variant, parameters, targets, true),
      ...adapterSizes(variant, parameters, targets, 2),
      outputs: 1,
      batch: 1,
      gradientCheckpointing: true,
      halvedStates: false,
      halfProducts: false,
      backend: 'native',
    });
    return { dtype, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) };
  });
  return { parameterCount, needs };
}

/** @param {number} bytes */
function machineFor(bytes) {
  const fitting = machines.find((size) => bytes <= tightShare * (size * 2 ** 30 - othersBytes));
  return fitting === undefined ? 'more' : `${fitting} GiB`;
}

/** @param {number} bytes */
function gigabytes(bytes) {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/**
 * @param {string[]} header
 * @param {{ align: string }[]} columns
 * @param {string[][]} rows
 */
function table(header, columns, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(columns.map(({ align }) => (align === 'right' ? '--:' : '---'))), ...rows.map(line)].join(
    '\n',
  );
}
