import type { CotoSettings } from '../domain/runs/coto.ts';
import { type Schedule, schedules } from './schedules/index.ts';
import { canRescale, switchesGroups } from './schedules/schedule.ts';

/** One line about the settings that matter, e.g. "CoTo, p 0.1 to 1 over 75 % of the steps, linear, by layer". */
export function describeSchedule(settings: CotoSettings): string {
  const { schedule: id, initial_p, final_p, stage1_ratio, curve, reversed, granularity, rescale } = settings;
  const schedule: Schedule = schedules[id];
  const { unit, usesCurve, ownSettings, declaration } = schedule;
  const rise =
    curve === 'constant'
      ? `p ${initial_p} throughout`
      : `p ${initial_p} to ${final_p} over ${Math.round(1000 * stage1_ratio) / 10} % of the steps, ${curve}${reversed ? ', reversed' : ''}`;
  return [
    declaration.label,
    ...(usesCurve ? [rise] : []),
    ...ownSettings.map((name) => `${name} ${settings[name]}`),
    ...(switchesGroups(unit) ? [`by ${granularity}`] : []),
    ...(rescale === 'none' || !canRescale(schedule) ? [] : ['rescaled by 1/p']),
  ].join(', ');
}
