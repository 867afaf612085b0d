import { describe, expect, it } from 'vitest';
import { plannedModules, plannedOutline } from '../../../../src-main/engine/adapters/inspect/planned-outline.ts';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { preflightLines } from '../../../../src-main/engine/merge/checks/preflight.ts';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { pruneMethod } from '../../../../src-main/engine/prune/index.ts';
import { type AdapterSettings, adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { goldenPath } from '../../golden.ts';

/** Settings for variants whose defaults need weights larger than 32 × 32. */
const smallWeights: Record<string, object> = { shira: { r: 2 }, c3a: { block_size: 8 }, miss: { r: 4 }, bat: { r: 4 } };
const plan = (given: AdapterSettings, description: ModelDescription) =>
  plannedOutline(given, plannedModules(given, description));
const settings = (more: object) => adapterSettingsSchema.parse({ target_modules: ['q_proj', 'v_proj'], ...more });

describe('the outline of an adapter that is not trained yet', async () => {
  const description = await describeModel(goldenPath('vit-28', 'base'));
  const refusals = (variant: string, method: string) => {
    const outline = plan(settings({ variant }), description);
    const { declaration, ...rest } = mergeMethod(method);
    const parameters = checkedParameters(declaration, {});
    return preflightLines({ declaration, ...rest }, [outline, outline], [1, 1], parameters).filter(
      ({ verdict }) => verdict === 'refused',
    );
  };

  it('has the modules, ranks and parts that the variant will have', () => {
    const { modules } = plan(settings({ variant: 'dora', r: 3 }), description);
    expect([...modules.keys()].every((name) => /(q|v)_proj$/.test(name))).toBe(true);
    expect(modules.size).toBe(2 * description.layerCount);
    const [first] = modules.values();
    expect(first?.rank).toBe(3);
    expect([...(first?.tensors.keys() ?? [])].sort()).toEqual(['a', 'b', 'magnitude']);
    expect(first?.tensors.get('a')?.shape[0]).toBe(3);
  });

  it('says before the training what a merge or a pruning would refuse after it', () => {
    expect(refusals('lora', 'factor-average')).toEqual([]);
    expect(refusals('dora', 'factor-average')[0]?.message).toContain('is a DoRA adapter');
    expect(refusals('dora', 'ensemble')).toEqual([]);
    expect(refusals('dora', 'parameter-average')).toEqual([]);
    const pruned = (variant: string, method: string, parameters = {}) => {
      const outline = plan(settings({ variant }), description);
      pruneMethod(method).check?.(outline, description, parameters);
    };
    expect(() => pruned('lora', 'magnitude', { on: 'delta' })).not.toThrow();
    expect(() => pruned('dora', 'magnitude')).not.toThrow();
    expect(() => pruned('dora', 'magnitude', { on: 'delta' })).toThrow(/ΔW is B·A alone/);
    expect(() => pruned('ia3', 'magnitude')).toThrow(/factors A and B/);
    expect(() => pruned('ia3', 'every-other-layer')).not.toThrow();
  });

  it('is made of every variant', () => {
    for (const { declaration } of adapterVariants) {
      const parameters = smallWeights[declaration.id] ?? {};
      const outline = plan(settings({ variant: declaration.id, parameters }), description);
      expect(outline.modules.size).toBe(2 * description.layerCount);
    }
  });
});
