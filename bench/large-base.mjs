// Peak memory and time of training steps on a Llama- or Gemma-shaped base of random weights, the base kept as the studio keeps it, or in
// float32 (--decoded). Usage: node_modules/node/bin/node bench/large-base.mjs [--shape 1.2b] [--tokens 512] [--steps 3]
//   [--storage BF16|Q4_0|Q8_0|nf4|int8] [--dtype float32|bfloat16] [--adapter lora] [--checkpointing] [--half-states] [--decoded] [--folder <kept between calls>]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { brainFloatPieces, llamaShapes, makeLlamaFolder, SmallRandom } from '../src-main/bench/llama-folder.ts';

const gemma3 = {
  ...{ model_type: 'gemma3_text', architectures: ['Gemma3ForCausalLM'], torch_dtype: 'bfloat16', vocab_size: 262_144 },
  ...{ head_dim: 256, num_attention_heads: 4, num_key_value_heads: 1, sliding_window: 512, sliding_window_pattern: 6 },
  ...{
    query_pre_attn_scalar: 256,
    rope_theta: 1_000_000,
    rope_local_base_freq: 10_000,
    max_position_embeddings: 32_768,
  },
};
/** Configs of Gemma 3's text models. */
const gemma3Configs = {
  'gemma-3-270m': { ...gemma3, hidden_size: 640, intermediate_size: 2048, num_hidden_layers: 18 },
  'gemma-3-1b': { ...gemma3, hidden_size: 1152, intermediate_size: 6912, num_hidden_layers: 26 },
};

const { values } = parseArgs({
  options: {
    shape: { type: 'string', default: '1.2b' },
    tokens: { type: 'string', default: '512' },
    steps: { type: 'string', default: '3' },
    dtype: { type: 'string', default: 'float32' },
    storage: { type: 'string', default: 'BF16' },
    adapter: { type: 'string', default: 'lora' },
    decoded: { type: 'boolean', default: false },
    checkpointing: { type: 'boolean', default: false },
    'half-states': { type: 'boolean', default: false },
    folder: { type: 'string', default: join(tmpdir(), 'coto-large-base') },
  },
});
const shapeName = z.enum(['tiny', 'smollm2', '0.3b', '1.2b', '8b', 'gemma-3-270m', 'gemma-3-1b']).parse(values.shape);
const tokens = z.coerce.number().int().min(2).parse(values.tokens);
const storage = z.enum(['BF16', 'Q4_0', 'Q8_0', 'nf4', 'int8']).parse(values.storage);
const folder = join(values.folder, `${shapeName}-${storage}`);

const isQuantized = storage === 'nf4' || storage === 'int8';
const made = isQuantized ? join(values.folder, `${shapeName}-BF16`) : folder;
const isGemma = shapeName === 'gemma-3-270m' || shapeName === 'gemma-3-1b';
const vocabulary = isGemma ? gemma3Configs[shapeName].vocab_size : llamaShapes[shapeName].vocabulary;
if (isGemma && !isQuantized && storage !== 'BF16') throw new Error(`${shapeName} is made in BF16, nf4 or int8`);
if (!existsSync(join(made, 'config.json')))
  await (isGemma
    ? makeGemmaFolder(made, gemma3Configs[shapeName])
    : makeLlamaFolder(made, llamaShapes[shapeName], isQuantized ? 'BF16' : storage));
if (isQuantized && !existsSync(folder)) await quantizeBase(made, folder, storage);

const { AdaptedModel } = await import('../src-main/engine/adapters/model/adapted-model.ts');
const { adapterVariant } = await import('../src-main/engine/adapters/variants/index.ts');
const { activateCompute } = await import('../src-main/engine/compute/index.ts');
const { loadBaseModel } = await import('../src-main/engine/models/load-model.ts');
const { AdamW } = await import('../src-main/engine/optimizers/adamw.ts');
const { TrainingStep } = await import('../src-main/engine/training/training-step.ts');
const { adapterSettingsSchema } = await import('../src-shared/domain/adapters/adapter.ts');
const { RandomStream } = await import('../src-shared/random.ts');

await activateCompute('native');
const loading = performance.now();
const base = await loadBaseModel(folder, {
  bfloat16: values.dtype === 'bfloat16',
  ...(values.decoded && { encoded: false }),
});
const loadSeconds = (performance.now() - loading) / 1000;
const model = new AdaptedModel(base);
const { declaration } = adapterVariant(values.adapter);
const takesAlpha = declaration.parameters.some(({ name }) => name === 'lora_alpha');
await model.createAdapter(
  adapterSettingsSchema.parse({
    variant: values.adapter,
    target_modules: 'all-linear',
    parameters: takesAlpha ? { r: 16, lora_alpha: 32 } : { r: 16 },
  }),
  { random: RandomStream.seeded(42, 'initialization'), labels: null },
);
const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
const step = new TrainingStep(model, optimizer, 1, {
  gradientCheckpointing: values.checkpointing,
  halved: values['half-states'],
});
model.setTraining(true);
const random = RandomStream.seeded(7, 'data');
const { tokenLoss } = await import('../src-main/engine/losses/batch-loss.ts');
const ids = Int32Array.from({ length: tokens }, () => random.integer(vocabulary));
const labels = Int32Array.from({ length: tokens }, (_, at) => ids[at + 1] ?? -100);
const batch = { inputs: { input_ids: { shape: [1, tokens], data: ids } }, examples: 1, loss: tokenLoss(labels) };
console.log(
  `${shapeName} in ${storage}: ${(base.description.parameterCount / 1e9).toFixed(2)} billion parameters, ${(base.description.sizeBytes / 1e9).toFixed(2)} GB on disk; ${values.decoded ? 'decoded' : 'as the studio keeps it'}, ${values.dtype}${values.checkpointing ? ', gradient checkpointing' : ''}, 1 × ${tokens} tokens, ${declaration.label} r 16 on all linears`,
);
console.log(`loaded in ${loadSeconds.toFixed(1)} s; ${memory()}`);
const { familyOf, readConfig } = await import('../src-main/engine/models/huggingface/model-folder.ts');
const { estimateMemory, weightsStayEncoded } = await import('../src-main/backend/runs/estimate-memory.ts');
const { adapterMemory, adapterSizes } = await import('../src-main/engine/adapters/inspect/adapter-memory.ts');
const state = await model.exportState();
const targets = base.description.linears.filter(({ name }) => state.modules.has(name));
const halfProducts = values.dtype === 'bfloat16';
const onEncoded = weightsStayEncoded(base.description, 'native', halfProducts);
const sizes = adapterSizes(state.variant, state.parameters, targets, 2, onEncoded);
const config = await readConfig(folder);
const parts = estimateMemory({
  description: base.description,
  int8Products: values.dtype === 'int8',
  memory: familyOf(config).memory(config, { tokens }),
  adapters: adapterMemory(state.variant, state.parameters, targets),
  ...sizes,
  outputs: vocabulary,
  batch: 1,
  gradientCheckpointing: values.checkpointing,
  halvedStates: values['half-states'],
  halfProducts,
  backend: 'native',
});
console.log(
  `estimated ${(parts.reduce((sum, { bytes }) => sum + bytes, 0) / 1e9).toFixed(2)} GB: ${parts.map(({ part, bytes }) => `${part} ${(bytes / 1e9).toFixed(2)}`).join(', ')}`,
);
for (let count = 0; count < Number(values.steps); count++) {
  const started = { at: performance.now(), processor: process.cpuUsage() };
  const { loss } = await step.run([batch], 1e-4, new Set());
  const seconds = (performance.now() - started.at) / 1000;
  const { user, system } = process.cpuUsage(started.processor);
  console.log(
    `step ${count + 1}: ${seconds.toFixed(2)} s (${((user + system) / 1e6).toFixed(2)} s of processor time), ${(tokens / seconds).toFixed(0)} tokens/s, loss ${loss.toFixed(5)}; ${memory()}`,
  );
}

function memory() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const of = (/** @type {string} */ name) =>
    ((1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1])) / 1e9).toFixed(2);
  return `${of('VmRSS')} GB resident, ${of('VmHWM')} GB at most`;
}

/**
 * @param {string} from
 * @param {string} to
 * @param {'nf4' | 'int8'} type
 */
async function quantizeBase(from, to, type) {
  const { describeModel } = await import('../src-main/engine/models/huggingface/model-folder.ts');
  const { runQuantizeTask } = await import('../src-main/engine/jobs/quantize.ts');
  const description = await describeModel(from);
  const started = performance.now();
  await runQuantizeTask(
    {
      kind: 'quantize',
      compute: 'native',
      modelDirectory: from,
      description,
      type,
      from: { name: 'a random base', fingerprint: description.fingerprint },
      outputDirectory: to,
    },
    { emit: () => undefined, signal: async () => null },
  );
  console.log(`quantized in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * Writes a model folder of random weights in BF16 for a config of a Gemma.
 * @param {string} directory
 * @param {object} config
 */
async function makeGemmaFolder(directory, config) {
  const { familyOf } = await import('../src-main/engine/models/huggingface/model-folder.ts');
  const { freshWeights } = await import('../src-main/engine/pretrain/fresh-weights.ts');
  const { streamSafetensors } = await import('../src-main/engine/tensors/safetensors-stream.ts');
  const { RandomStream } = await import('../src-shared/random.ts');
  mkdirSync(directory, { recursive: true });
  const file = { path: join(directory, 'config.json'), value: config };
  const planned = freshWeights(RandomStream.seeded(1, 'initialization'), { deviation: 0, residualLayers: 0 });
  familyOf(file).describe(file, planned);
  const random = new SmallRandom();
  const tensors = planned.names.map((name) => {
    const { shape } = planned.info(name);
    return { name, dtype: 'BF16', shape, pieces: () => brainFloatPieces(shape, random) };
  });
  await streamSafetensors(join(directory, 'model.safetensors'), tensors);
  writeFileSync(file.path, JSON.stringify(config));
}
