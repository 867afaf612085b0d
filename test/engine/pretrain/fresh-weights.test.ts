import { describe, expect, it } from 'vitest';
import { describeOpened, familyOf, readConfig } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../../src-main/engine/models/huggingface/model-weights.ts';
import { freshWeights } from '../../../src-main/engine/pretrain/fresh-weights.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath } from '../golden.ts';

describe.each(['llama', 'qwen3', 'gpt2', 'vit-28'])('a fresh %s', (family) => {
  it('scales by 1 in every normalization, adds 0 in every bias, and is normal elsewhere', async () => {
    const config = await readConfig(goldenPath(family, 'base'));
    const weights = await openModelWeights(goldenPath(family, 'base'));
    const source = freshWeights(RandomStream.seeded(1, 'initialization'), { deviation: 0.02, residualLayers: 0 });
    await describeOpened(config, weights);
    familyOf(config).describe(config, source);
    await weights.close();
    expect(source.names.length).toBeGreaterThan(10);
    let norms = 0;
    for (const name of source.names) {
      const { shape, data } = await source.read(name);
      // A vector that is no bias is the scale of a norm, in every family.
      const isScale = shape.length === 1 && !name.endsWith('.bias');
      if (isScale) norms += 1;
      if (shape.length === 1) expect(new Set(data), name).toEqual(new Set([isScale ? 1 : 0]));
      else expect(Math.max(...Array.from(data, Math.abs)), name).toBeLessThan(0.15);
    }
    expect(norms).toBeGreaterThan(2);
  });
});
