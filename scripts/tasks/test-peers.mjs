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

// usage: npm run test:peers [-- <what vitest run takes>]
// What the studio writes is loaded by the real PEFT and Transformers, in a Python environment of their own.
await ensureNative();
const found = await ensurePython(peers);
if (!('python' in found)) {
  console.log(`skipped: ${found.reason}`);
  process.exit(0);
}
/** @type {Record<string, string>} */
const env = { [peers.variable]: found.python };
// Keeps each one's requirements from the others. Two at a time, as unpacking takes a processor each.
const others = [adapterPeers, lmEval, bitsandbytes, sentenceTransformers, zoo, trackio, openaiClient];
await Promise.all([installNext(), installNext()]);
const llama = ensureLlamaCpp();
if ('folder' in llama) env[llamaCppVariable] = llama.folder;
else console.log(`without llama.cpp: ${llama.reason}`);
const templates = ensureChatTemplates(found.python);
if ('folder' in templates) env[templatesVariable] = templates.folder;
else console.log(`without chat templates of published models: ${templates.reason}`);
process.exit(await runNode(tools.vitest, ['run', '--project', 'peers', ...process.argv.slice(2)], { env }));

/** @returns {Promise<void>} when no environment is left to begin */
async function installNext() {
  for (let environment = others.shift(); environment !== undefined; environment = others.shift()) {
    const made = await ensurePython(environment);
    if ('python' in made) env[environment.variable] = made.python;
    else console.log(`without ${environment.what}: ${made.reason}`);
  }
}
