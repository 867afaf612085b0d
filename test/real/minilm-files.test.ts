import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSafetensors } from '../../src-main/engine/formats/safetensors.ts';
import { miniLmFolder } from './models.ts';

test('all-MiniLM-L6-v2 is complete: config, tokenizer, weights of six BERT layers', async () => {
  const json = (name: string): unknown => JSON.parse(readFileSync(join(miniLmFolder(), name), 'utf8'));
  expect(json('config.json')).toMatchObject({ model_type: 'bert', num_hidden_layers: 6, hidden_size: 384 });
  expect(json('tokenizer.json')).toMatchObject({ model: { type: 'WordPiece' } });
  const weights = await openSafetensors(join(miniLmFolder(), 'model.safetensors'));
  try {
    expect(weights.info('encoder.layer.5.output.dense.weight').shape).toEqual([384, 1536]);
  } finally {
    await weights.close();
  }
});
