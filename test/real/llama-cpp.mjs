// Computes with llama.cpp, by the npm package node-llama-cpp in the folder COTO_LLAMA_CPP. Reads a request as JSON from the
// standard input and writes the answer as JSON: see `llama-cpp.ts`.
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const folder = process.env['COTO_LLAMA_CPP'] ?? '';
const { getLlama } = await import(
  pathToFileURL(join(folder, 'node_modules', 'node-llama-cpp', 'dist', 'index.js')).href
);
const { modelPath, adapter, texts, prompts, newTokens, top, exactCache, threads } = JSON.parse(
  await text(process.stdin),
);

const llama = await getLlama({ build: 'never', gpu: false, progressLogs: false, logLevel: 'error' });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  contextSize: 512,
  threads,
  ...(exactCache ? { experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' } : {}),
  ...(adapter ? { lora: { adapters: [{ filePath: adapter, scale: 1 }] } } : {}),
});
const sequence = context.getSequence();

/**
 * Returns the token that greedy decoding takes behind `ids`, and the probabilities of all tokens, if requested.
 * @param {number[]} ids
 */
async function next(ids, probabilities = false) {
  const asked = { generateNext: { token: true, probabilities, options: { temperature: 0 } } };
  const outputs = await sequence.controlledEvaluate([...ids.slice(0, -1), [ids.at(-1), asked]]);
  return outputs.at(-1).next;
}

const answers = [];
for (const prompt of prompts) {
  await sequence.clearHistory();
  const first = await next(prompt, true);
  const most = [...first.probabilities].slice(0, top).map(([id, probability]) => [id, Math.log(probability)]);
  const generated = [first.token];
  while (generated.length < newTokens) generated.push((await next([generated.at(-1)])).token);
  const end = generated.indexOf(model.tokens.eos ?? -1);
  answers.push({ most, generated, text: model.detokenize(end < 0 ? generated : generated.slice(0, end)) });
}
const encoded = texts.map((/** @type {string} */ one) => [...model.tokenize(one, true)]);
process.stdout.write(JSON.stringify({ encoded, answers }));
await llama.dispose();
