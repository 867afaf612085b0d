import { expect, it } from 'vitest';
import { cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';
import { scheduleCaption } from '../../../src-shared/figures/schedule.ts';

const groups = Array.from({ length: 6 }, (_, layer) => `layers.${layer}`);
const captionOf = (schedule: string) => scheduleCaption(cotoSettingsSchema.parse({ schedule }), 3000, groups);

it('says why the active share is above the mean of p only where the redraw lifts it', () => {
  expect(captionOf('coto')).toContain('0.679, above the mean p of 0.662 as at least one is always on.');
  // Lower layers are drawn with more than p.
  expect(captionOf('stochastic-depth')).toContain('0.804; the mean p is 0.662.');
  expect(captionOf('lisa')).not.toContain('mean p');
});

it('states the share of the backward pass that is skipped for schedules of whole groups alone', () => {
  expect(captionOf('coto')).toContain('The backward pass skips 11.1 % of the layers.');
  expect(captionOf('random-ranks')).not.toContain('backward pass');
});
