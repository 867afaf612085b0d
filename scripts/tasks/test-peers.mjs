import { ensureChatTemplates, templatesVariable } from '../bootstrap/chat-templates.mjs';
import { ensureLlamaCpp, llamaCppVariable } from '../bootstrap/llama-cpp.mjs';
import { ensureNative } from '../bootstrap/native.mjs';
import {
  adapterPeers,
  bitsandbytes,
  ensurePython,
  lmEval,
  openaiClient,
  peers,
  sentenceTransformers,
  trackio,
  zoo,
} from '../bootstrap/python.mjs';
import { runNode, tools } from './steps.mjs';

// usage: npm run test:peers
// What the studio writes is loaded by the real PEFT and Transformers, in a Python environment of their own.
await ensureNative();
const found = ensurePython(peers);
if (!('python' in found)) {
  console.log(`skipped: ${found.reason}`);
  process.exit(0);
}
// Formats of adapters are held to the programs that load them, where these can be installed.
const loaders = ensurePython(adapterPeers);
if (!('python' in loaders)) console.log(`without diffusers and mlx-lm: ${loaders.reason}`);
// Trackio's requirements must not change those of the others.
const tracker = ensurePython(trackio);
if (!('python' in tracker)) console.log(`without Trackio: ${tracker.reason}`);
const quantizer = ensurePython(bitsandbytes);
if (!('python' in quantizer)) console.log(`without bitsandbytes: ${quantizer.reason}`);
const client = ensurePython(openaiClient);
if (!('python' in client)) console.log(`without OpenAI's client: ${client.reason}`);
const keeper = ensurePython(zoo);
if (!('python' in keeper)) console.log(`without the zoo of files: ${keeper.reason}`);
const benchmarks = ensurePython(lmEval);
if (!('python' in benchmarks)) console.log(`without lm-eval: ${benchmarks.reason}`);
const embedder = ensurePython(sentenceTransformers);
if (!('python' in embedder)) console.log(`without sentence-transformers: ${embedder.reason}`);
const llama = ensureLlamaCpp();
if (!('folder' in llama)) console.log(`without llama.cpp: ${llama.reason}`);
const templates = ensureChatTemplates(found.python);
if (!('folder' in templates)) console.log(`without chat templates of published models: ${templates.reason}`);
process.exit(
  await runNode(tools.vitest, ['run', '--project', 'peers', ...process.argv.slice(2)], {
    env: {
      [peers.variable]: found.python,
      ...('folder' in templates ? { [templatesVariable]: templates.folder } : {}),
      ...('folder' in llama ? { [llamaCppVariable]: llama.folder } : {}),
      ...('python' in tracker ? { [trackio.variable]: tracker.python } : {}),
      ...('python' in keeper ? { [zoo.variable]: keeper.python } : {}),
      ...('python' in quantizer ? { [bitsandbytes.variable]: quantizer.python } : {}),
      ...('python' in embedder ? { [sentenceTransformers.variable]: embedder.python } : {}),
      ...('python' in benchmarks ? { [lmEval.variable]: benchmarks.python } : {}),
      ...('python' in client ? { [openaiClient.variable]: client.python } : {}),
      ...('python' in loaders ? { [adapterPeers.variable]: loaders.python } : {}),
    },
  }),
);
