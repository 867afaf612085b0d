import type { PreferenceLossId } from '../../../../../src-shared/tasks/preference.ts';
import { bcoPair } from './bco-pair.ts';
import { dpo } from './dpo.ts';
import { hinge } from './hinge.ts';
import { ipo } from './ipo.ts';
import { kto } from './kto.ts';
import { orpo } from './orpo.ts';
import type { PreferenceLoss } from './preference-loss.ts';
import { simpo } from './simpo.ts';

/** Every loss of preference training, in display order; the first of its kind is what `auto` takes. */
export const preferenceLosses: readonly PreferenceLoss[] = [dpo, orpo, kto, simpo, ipo, hinge, bcoPair];

/** The loss of that name; auto: what fits the data, pairs or single answers. */
export function preferenceLoss(id: 'auto' | PreferenceLossId, of: PreferenceLoss['of']): PreferenceLoss {
  const found = preferenceLosses.find((loss) => (id === 'auto' ? loss.of === of : loss.declaration.id === id));
  if (found === undefined) throw new RangeError(`there is no loss ${id} of ${of}`);
  return found;
}
