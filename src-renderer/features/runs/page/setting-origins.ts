import type { DatasetDescription } from '../../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { Declaration } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import { defaultTask } from '../../../../src-shared/domain/runs/task.ts';
import { type Draft, defaultsOf, differs } from '../../train/draft.ts';
import { presets } from '../../train/presets/index.ts';
import type { Preset } from '../../train/presets/preset.ts';

/**
 * Returns the values that the base and the data determine, by setting: modules for all-linear, the task for auto, a
 * limited length.
 */
export function valuesOfModel(
  config: RunConfig,
  model: Pick<ModelDescription, 'kind' | 'image' | 'text' | 'linears'>,
  dataset: Pick<DatasetDescription, 'text'> | undefined,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  if (config.adapter.target_modules === 'all-linear') {
    const targets = model.linears.filter(({ isHead, kind }) => !isHead && kind === 'linear');
    values.set('adapter.target_modules', [...new Set(targets.map(({ name }) => lastName(name)))].join(', '));
  }
  if (model.text !== null && config.max_length > model.text.maxPositions)
    values.set('max_length', String(model.text.maxPositions));
  if (config.task === 'auto' && dataset !== undefined)
    values.set('task', defaultTask(model, dataset.text?.columns ?? null));
  return values;
}

function lastName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The size that the base reads images in; null where it reads none. */
export function imageSize({ image }: Pick<ModelDescription, 'image'>): string | null {
  return image === null ? null : `${image.height} × ${image.width}, ${image.channels === 1 ? 'gray' : 'RGB'}`;
}

/**
 * The preset that a run follows: every value that the preset sets is the run's, and one of them at least is not the
 * default. If several match, the one that sets most values counts; null if the run follows none.
 */
export function presetOf(
  draft: Draft,
  model: Pick<ModelDescription, 'image' | 'linears'> | undefined,
  variants: readonly Declaration[],
): { readonly preset: Preset; readonly settings: Draft } | null {
  const defaults = defaultsOf(draft, variants);
  const followed = presets
    .map((preset) => ({ preset, settings: preset.settings(model) }))
    .filter(({ settings }) => {
      const names = Object.keys(settings);
      const isSame = (name: string) => JSON.stringify(draft[name]) === JSON.stringify(settings[name]);
      return names.every(isSame) && names.some((name) => differs(draft, name, defaults));
    });
  const most = (one: { settings: Draft }) => Object.keys(one.settings).length;
  return followed.sort((one, other) => most(other) - most(one))[0] ?? null;
}
