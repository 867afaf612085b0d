import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { familyOf, readConfig } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { StudioError } from '../../../../src-shared/contract/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'coto-nearest-families-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function refusal(config: object): Promise<StudioError> {
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
  const read = await readConfig(folder);
  try {
    familyOf(read);
  } catch (error) {
    if (error instanceof StudioError) return error;
    throw error;
  }
  throw new Error('the family is supported');
}

describe('the refusal of an unsupported family', () => {
  it.each([
    ['gemma9_text', 'Gemma9ForCausalLM', ['Gemma 2 (gemma2)']],
    ['phimoe', 'PhiMoEForCausalLM', ['Phi (phi)', 'Phi-3 (phi3)']],
    ['gpt_bigcode', 'GPTBigCodeForCausalLM', ['GPT-NeoX (gpt_neox)']],
    ['deberta', 'DebertaForMaskedLM', ['DeBERTa']],
  ])('names families of a similar name first: %s', async (model_type, architecture, labels) => {
    const { message, hint } = await refusal({ model_type, architectures: [architecture] });
    expect(message).toContain(`models of the model_type "${model_type}" are not supported yet`);
    expect(hint).toMatch(/^Nearest supported: .*\. The page "Models" of the guide lists all supported families\.$/);
    for (const label of labels) expect(hint).toContain(label);
  });

  it.each([
    ['mamba', 'MambaForCausalLM', 'Llama (llama), Qwen 3 (qwen3)'],
    ['swin', 'SwinForImageClassification', 'Vision Transformer (vit)'],
    ['big_bird', 'BigBirdForMaskedLM', 'BERT (bert)'],
    ['bart', 'BartForConditionalGeneration', 'T5 (t5)'],
  ])('names families for the same tasks where no name is similar: %s', async (model_type, architecture, labels) => {
    expect((await refusal({ model_type, architectures: [architecture] })).hint).toContain(labels);
  });

  it('names the page alone if nothing is known of the model', async () => {
    expect((await refusal({ model_type: 'zzz' })).hint).toBe(
      'The page "Models" of the guide lists all supported families.',
    );
  });
});
