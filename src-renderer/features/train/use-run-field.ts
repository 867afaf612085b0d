import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { runParameters } from '../../../src-shared/domain/runs/run.ts';
import type { Origin } from '../../components/form/parameter-origin.ts';
import { defaultDraft } from './draft.ts';
import { setField, useTrainForm } from './draft-store.ts';

/**
 * A field of the run whose control is not a form's own: its value as text, and of its frame what the setting declares, where the
 * value comes from, and the way back to the preset's or the default.
 */
export function useRunField(name: string) {
  const { draft, preset } = useTrainForm();
  const declared = runParameters().find((spec) => spec.name === name);
  const value = textOfValue(draft[name]);
  const ofPreset = preset?.settings[name];
  const base = textOfValue(ofPreset ?? defaultDraft[name]);
  const origin: Origin = value !== base ? 'yours' : ofPreset === undefined ? 'default' : 'preset';
  const frame = {
    name,
    label: declared?.label ?? name,
    help: declared?.help ?? '',
    card: 'guide/train',
    origin,
    base,
    onReset: () => setField(name, base),
  } as const;
  return { value, frame };
}
