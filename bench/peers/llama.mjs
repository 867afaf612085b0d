// Time of llama.cpp (node-llama-cpp) on a GGUF file: the peer of bench/generation.mjs.
// Usage: llama.mjs FOLDER_OF_NODE_LLAMA_CPP FILE PROMPT_TOKENS NEW_TOKENS THREADS -> one JSON line
// Greedy; the best of three runs after one to warm up. Its binary is one of the package, never built or downloaded here.
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Fastest } from '../fastest.mjs';

const [folder = '', file = '', prompt = '', fresh = '', threads = ''] = process.argv.slice(2);
const entry = createRequire(join(folder, 'package.json')).resolve('node-llama-cpp');
const { getLlama } = await import(pathToFileURL(entry).href);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' });
const model = await llama.loadModel({ modelPath: file });
const ids = Array.from({ length: Number(prompt) }, (_, index) => 100 + (index % 1000));
const fastest = new Fastest(Number(prompt), Number(fresh));
for (let count = 0; count < 4; count++) {
  const context = await model.createContext({
    contextSize: ids.length + Number(fresh) + 8,
    batchSize: Math.max(512, ids.length),
    threads: Number(threads),
  });
  const tokens = context.getSequence().evaluate(ids, { temperature: 0, yieldEogToken: true });
  await fastest.time(
    () => tokens.next(),
    () => tokens.next(),
  );
  await context.dispose();
}
/** @type {{ sharedObjects: string[] }} */
const { sharedObjects } = Object(process.report.getReport());
const library = sharedObjects.map((path) => basename(path)).find((name) => name.includes('ggml-cpu'));
console.log(JSON.stringify({ ...fastest.best, library }));
process.exit(0);
