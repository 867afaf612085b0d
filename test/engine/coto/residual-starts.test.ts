import { expect, it } from 'vitest';
import { adapterVariant } from '../../../src-main/engine/adapters/variants/index.ts';
import { checkSchedule } from '../../../src-main/engine/coto/schedule-rows.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';

const lora = adapterVariant('lora');
const check = (schedule: string, init_lora_weights: string) =>
  checkSchedule(
    cotoSettingsSchema.parse({ schedule }),
    lora,
    checkedParameters(lora.declaration, { init_lora_weights }),
    { groups: ['layers.0', 'layers.1'], ranks: [8, 8] },
  );

it("schedules that drop parts of an adapter are refused where those parts are the base's", () => {
  for (const schedule of ['random-ranks', 'nested-uniform', 'progressive-dropout']) {
    expect(() => check(schedule, 'kaiming')).not.toThrow();
    expect(() => check(schedule, 'pissa')).toThrow(/after PiSSA that contains a part of the base/);
  }
  for (const schedule of ['coto', 'stochastic-depth', 'lisa']) expect(() => check(schedule, 'pissa')).not.toThrow();
});
