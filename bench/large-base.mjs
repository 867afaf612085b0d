// Peak memory and time of training steps on a Llama-shaped base of random weights, the base kept as its file has it or in
// float32. Usage: node_modules/node/bin/node bench/large-base.mjs [--shape 1.2b] [--tokens 512] [--steps 3]
//   [--storage BF16|Q4_0|Q8_0|nf4|int8] [--dtype float32|bfloat16] [--checkpointing] [--half-states] [--decoded] [--folder <kept between calls>]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const shapes = {
  tiny: { layers: 2, hidden: 256, heads: 8, keyValueHeads: 2, inner: 1024, vocabulary: 2000 },
  smollm2: { layers: 30, hidden: 576, heads: 9, keyValueHeads: 3, inner: 1536, vocabulary: 49_152 },
  '0.3b': { layers: 16, hidden: 1024, heads: 16, keyValueHeads: 4, inner: 4096, vocabulary: 65_536 },
  '1.2b': { layers: 16, hidden: 2048, heads: 32, keyValueHeads: 8, inner: 8192, vocabulary: 128_256 },
  '8b': { layers: 32, hidden: 4096, heads: 32, keyValueHeads: 8, inner: 14_336, vocabulary: 128_256, untied: true },
};

const { values } = parseArgs({
  options: {
    shape: { type: 'string', default: '1.2b' },
    tokens: { type: 'string', default: '512' },
    steps: { type: 'string', default: '3' },
    dtype: { type: 'string', default: 'float32' },
    storage: { type: 'string', default: 'BF16' },
    decoded: { type: 'boolean', default: false },
    checkpointing: { type: 'boolean', default: false },
    'half-states': { type: 'boolean', default: false },
    folder: { type: 'string', default: join(tmpdir(), 'coto-large-base') },
  },
});
const shapeName = z.enum(['tiny', 'smollm2', '0.3b', '1.2b', '8b']).parse(values.shape);
const tokens = z.coerce.number().int().min(2).parse(values.tokens);
const storage = z.enum(['BF16', 'Q4_0', 'Q8_0', 'nf4', 'int8']).parse(values.storage);
const folder = join(values.folder, `${shapeName}-${storage}`);

const isQuantized = storage === 'nf4' || storage === 'int8';
const made = isQuantized ? join(values.folder, `${shapeName}-BF16`) : folder;
if (!existsSync(join(made, 'config.json'))) await makeBase(made, shapes[shapeName]);
if (isQuantized && !existsSync(folder)) await quantizeBase(made, folder, storage);

const { AdaptedModel } = await import('../src-main/engine/adapters/adapted-model.ts');
const { activateCompute } = await import('../src-main/engine/compute/index.ts');
const { loadBaseModel } = await import('../src-main/engine/models/load-model.ts');
const { AdamW } = await import('../src-main/engine/training/optimizers/adamw.ts');
const { TrainingStep } = await import('../src-main/engine/training/training-step.ts');
const { adapterSettingsSchema } = await import('../src-shared/domain/adapter.ts');
const { RandomStream } = await import('../src-shared/random.ts');

await activateCompute('native');
const loading = performance.now();
const base = await loadBaseModel(folder, { bfloat16: values.dtype === 'bfloat16', encoded: !values.decoded });
const loadSeconds = (performance.now() - loading) / 1000;
const model = new AdaptedModel(base);
await model.createAdapter(
  adapterSettingsSchema.parse({
    variant: 'lora',
    target_modules: 'all-linear',
    parameters: { r: 16, lora_alpha: 32 },
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
const ids = Int32Array.from({ length: tokens }, () => random.integer(shapes[shapeName].vocabulary));
const labels = Int32Array.from({ length: tokens }, (_, at) => ids[at + 1] ?? -100);
const batch = { inputs: { input_ids: { shape: [1, tokens], data: ids } }, labels };
console.log(
  `${shapeName} in ${storage}: ${(base.description.parameterCount / 1e9).toFixed(2)} billion parameters, ${(base.description.sizeBytes / 1e9).toFixed(2)} GB on disk; ${values.decoded ? 'decoded' : 'as stored'}, ${values.dtype}${values.checkpointing ? ', gradient checkpointing' : ''}, 1 × ${tokens} tokens, LoRA r 16 on all linears`,
);
console.log(`loaded in ${loadSeconds.toFixed(1)} s; ${memory()}`);
const { familyOf, readConfig } = await import('../src-main/engine/models/huggingface/model-folder.ts');
const { estimateMemory } = await import('../src-main/backend/runs/estimate-memory.ts');
const { adapterPresence, adapterSizes } = await import('../src-main/engine/adapters/presence.ts');
const state = await model.exportState();
const targets = base.description.linears.filter(({ name }) => state.modules.has(name));
const sizes = adapterSizes(state.variant, state.parameters, targets, 2);
const config = await readConfig(folder);
const parts = estimateMemory({
  description: base.description,
  memory: familyOf(config).memory(config, tokens),
  adapters: adapterPresence(state.variant, state.parameters, targets),
  ...sizes,
  outputs: shapes[shapeName].vocabulary,
  batch: 1,
  gradientCheckpointing: values.checkpointing,
  halvedStates: values['half-states'],
  bfloat16: values.dtype === 'bfloat16',
  backend: 'native',
});
console.log(
  `estimated ${(parts.reduce((sum, { bytes }) => sum + bytes, 0) / 1e9).toFixed(2)} GB: ${parts.map(({ part, bytes }) => `${part} ${(bytes / 1e9).toFixed(2)}`).join(', ')}`,
);
for (let count = 0; count < Number(values.steps); count++) {
  const started = performance.now();
  const { loss } = await step.run([batch], 1e-4, new Set());
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `step ${count + 1}: ${seconds.toFixed(2)} s, ${(tokens / seconds).toFixed(0)} tokens/s, loss ${loss.toFixed(5)}; ${memory()}`,
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
 * @param {string} directory
 * @param {(typeof shapes)['tiny'] & { untied?: boolean }} shape
 */
async function makeBase(directory, { layers, hidden, heads, keyValueHeads, inner, vocabulary, untied = false }) {
  const { encodeFloats } = await import('../src-main/engine/tensors/encode-floats.ts');
  const { streamSafetensors } = await import('../src-main/engine/tensors/safetensors-stream.ts');
  mkdirSync(directory, { recursive: true });
  const narrow = (hidden / heads) * keyValueHeads;
  /** @type {[string, number[]][]} */
  const places = [['model.embed_tokens.weight', [vocabulary, hidden]]];
  for (let layer = 0; layer < layers; layer++) {
    const linears = {
      'self_attn.q_proj': [hidden, hidden],
      'self_attn.k_proj': [narrow, hidden],
      'self_attn.v_proj': [narrow, hidden],
      'self_attn.o_proj': [hidden, hidden],
      'mlp.gate_proj': [inner, hidden],
      'mlp.up_proj': [inner, hidden],
      'mlp.down_proj': [hidden, inner],
      input_layernorm: [hidden],
      post_attention_layernorm: [hidden],
    };
    for (const [name, size] of Object.entries(linears)) places.push([`model.layers.${layer}.${name}.weight`, size]);
  }
  places.push(['model.norm.weight', [hidden]]);
  if (untied) places.push(['lm_head.weight', [vocabulary, hidden]]);
  let state = 1;
  /** @type {Uint8Array | null} */
  let drawn = null;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 32;
  };
  const tensors = places.map(([name, shape]) => ({
    name,
    dtype: shape.length === 1 || isQuantized ? 'BF16' : storage,
    shape,
    *pieces() {
      const blockBytes = storage === 'Q4_0' ? 18 : 34;
      if (shape.length === 2 && storage !== 'BF16' && !isQuantized) {
        const [rows = 0, columns = 0] = shape;
        const scale = encodeFloats('F16', Float32Array.of(0.7 / Math.sqrt(columns) / (storage === 'Q4_0' ? 4.6 : 74)));
        // Rows of bytes drawn once, each piece from another place on: eight billion values are drawn too slowly one by one.
        const perPiece = Math.min(rows, Math.ceil(2 ** 22 / ((columns / 32) * blockBytes)));
        drawn ??= Uint8Array.from({ length: 2 ** 24 }, () => Math.floor(128 * (random() + 1)));
        const piece = new Uint8Array(perPiece * (columns / 32) * blockBytes);
        for (let row = 0; row < rows; row += perPiece) {
          const used = piece.subarray(0, Math.min(perPiece, rows - row) * (columns / 32) * blockBytes);
          const start = Math.floor((drawn.length - used.length) * (random() + 0.5));
          used.set(drawn.subarray(start, start + used.length));
          for (let block = 0; block < used.length; block += blockBytes) used.set(scale, block);
          yield used;
        }
        return;
      }
      const count = shape.reduce((product, size) => product * size, 1);
      const width = 2 * Math.sqrt(3 / (shape[1] ?? 1)) * 0.7;
      const one = new Float32Array(1);
      const bits = new Uint32Array(one.buffer);
      for (let done = 0; done < count; done += 2 ** 20) {
        const piece = new Uint16Array(Math.min(2 ** 20, count - done));
        for (let at = 0; at < piece.length; at++) {
          one[0] = shape.length === 1 ? 1 : width * random();
          piece[at] = (bits[0] ?? 0) >>> 16;
        }
        yield new Uint8Array(piece.buffer);
      }
    },
  }));
  await streamSafetensors(join(directory, 'model.safetensors'), tensors);
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: hidden,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    vocab_size: vocabulary,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-5,
    rope_theta: 500_000,
    tie_word_embeddings: !untied,
    torch_dtype: 'bfloat16',
  };
  writeFileSync(join(directory, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
}
