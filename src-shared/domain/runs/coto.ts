import { z } from 'zod';
import { curves } from '../../coto/curves/index.ts';
import { type Schedule, schedules } from '../../coto/schedules/index.ts';
import { canRescale, switchesGroups } from '../../coto/schedules/schedule.ts';
import { once } from '../../once.ts';
import type { Declaration } from '../parameters/parameter.ts';
import { parametersOf } from '../parameters/parameters-of.ts';

function idsOf<Id extends string>(list: Readonly<Record<Id, unknown>>): Id[] {
  // Object.keys widens to string[].
  return Object.keys(list).filter((id): id is Id => Object.hasOwn(list, id));
}

function labelsOf(list: Readonly<Record<string, { readonly label: string }>>): Record<string, string> {
  return Object.fromEntries(Object.entries(list).map(([id, { label }]) => [id, label]));
}

const cotoCurveSchema = z.enum(idsOf(curves));

export const cotoScheduleSchema = z.enum(idsOf(schedules));
type ScheduleId = z.infer<typeof cotoScheduleSchema>;

const byFormerId = new Map(
  Object.entries<Schedule>(schedules).flatMap(([id, { formerId }]) =>
    formerId === undefined ? [] : [[formerId, id] as const],
  ),
);

/** The id of a schedule where `id` is that of an earlier version; else `id` itself. */
export function currentScheduleId<Id>(id: Id): Id | string {
  return (typeof id === 'string' ? byFormerId.get(id) : undefined) ?? id;
}

/** The id under which keys of content contain a schedule, in every version. */
export function keyScheduleId(id: ScheduleId): string {
  const { formerId }: Schedule = schedules[id];
  return formerId ?? id;
}

const usualSchedule = 'coto' satisfies ScheduleId;

/**
 * The CoTo schedule of a run, in the names of the authors' code (`initial_p`, `final_p`, `stage1_ratio`), or one of its
 * controls. A group is all adapted modules of one transformer layer, or one module where `granularity` says so.
 */
export const cotoSettingsSchema = z.strictObject({
  schedule: z
    .preprocess(currentScheduleId, cotoScheduleSchema)
    .default(usualSchedule)
    .meta({
      // JSON Schema sees only the ids of this version.
      type: 'string',
      enum: cotoScheduleSchema.options,
      title: 'Schedule',
      description: 'Rule that selects the active adapters of a step: CoTo, or a control to compare with.',
      labels: labelsOf(Object.fromEntries(Object.entries(schedules).map(([id, { declaration }]) => [id, declaration]))),
    }),
  initial_p: z.number().min(0).max(1).default(0.1).meta({
    title: 'Initial p',
    description: 'Probability that a layer’s adapter is active at the first step.',
    step: 0.05,
  }),
  final_p: z.number().min(0).max(1).default(1).meta({
    title: 'Final p',
    description: 'Probability that a layer’s adapter is active in stage 2.',
    step: 0.05,
  }),
  stage1_ratio: z.number().min(0).max(1).default(0.75).meta({
    title: 'Stage 1 ratio',
    description: 'Share of all steps over which p rises from initial_p to final_p.',
    step: 0.05,
  }),
  curve: cotoCurveSchema.default('linear').meta({
    title: 'Curve',
    description: 'Curve of p in stage 1. constant stays at initial_p.',
    labels: labelsOf(curves),
  }),
  exponential_rate: z.number().min(-20).max(20).default(-1).meta({
    title: 'Exponential rate',
    description:
      'k of the exponential curve (1 − e^(−kx)) / (1 − e^(−k)). The paper’s curve has −1. Below 0 the curve rises slowly at first, above 0 fast.',
    step: 1,
  }),
  curve_steps: z.number().int().min(1).max(100).default(4).meta({
    title: 'Curve steps',
    description: 'Number of equal steps in which the curve "step" rises.',
    unit: 'steps',
  }),
  reversed: z.boolean().default(false).meta({
    title: 'Reversed',
    description: 'Reverses the curve: stage 2 comes first, then p falls from final_p to initial_p.',
  }),
  granularity: z
    .enum(['layer', 'module'])
    .default('layer')
    .meta({
      title: 'Granularity',
      description: 'Unit that is switched: all adapters of a layer together, or each module by itself.',
      labels: { layer: 'Layer', module: 'Module' },
    }),
  all_off: z
    .enum(['redraw', 'force-one'])
    .default('redraw')
    .meta({
      title: 'If all are off',
      description:
        'Handling of a step in which no adapter is active: draw again, as in the authors’ code, or activate a random one.',
      labels: { redraw: 'Draw again', 'force-one': 'Force one on' },
    }),
  rescale: z
    .enum(['none', 'inverse_survival'])
    .default('none')
    .meta({
      title: 'Rescale',
      description:
        'Factor on the updates of active adapters in training: none, as in CoTo, or the inverse of the probability to be active (redraws included), so that the mean of each update is the trained one.',
      labels: { none: 'None', inverse_survival: 'By 1 / probability to be on' },
    }),
  lisa_activated_layers: z.number().int().min(1).default(2).meta({
    title: 'Activated layers',
    description: 'Number of layers that LISA updates in a step.',
    unit: 'layers',
  }),
  lisa_interval_steps: z.number().int().min(1).default(1).meta({
    title: 'Interval',
    description: 'Number of steps after which LISA draws other layers.',
    unit: 'steps',
  }),
});
export type CotoSettings = z.infer<typeof cotoSettingsSchema>;
type SettingName = keyof CotoSettings;

const settingParameters = once(() => parametersOf(cotoSettingsSchema, 'coto.'));

/** CoTo's declaration, its settings named as in a run (`coto.initial_p`). */
export const cotoDeclaration: Declaration = {
  id: 'coto',
  label: 'CoTo',
  summary:
    'Trains the adapters of a random subset of layers in each step: few at first, all of them from the end of stage 1 on.',
  paper: {
    title: 'Come Together, But Not Right Now: A Progressive Strategy to Boost Low-Rank Adaptation (ICML 2025)',
    url: 'https://arxiv.org/abs/2506.05713',
  },
  get parameters() {
    return settingParameters();
  },
};

/** Names of the settings that matter with this schedule and curve; a form shows only these. */
export function usedSettings({ schedule, curve }: Pick<CotoSettings, 'schedule' | 'curve'>): ReadonlySet<SettingName> {
  const chosen: Schedule = schedules[schedule];
  const { unit, usesCurve, usesAllOff, ownSettings } = chosen;
  const { shapedBy } = curves[curve];
  const rising: SettingName[] = curve === 'constant' ? [] : ['final_p', 'stage1_ratio', 'reversed'];
  return new Set<SettingName>([
    'schedule',
    ...(usesCurve ? (['curve', 'initial_p', ...rising] as const) : []),
    ...(usesCurve && shapedBy ? [shapedBy] : []),
    ...(switchesGroups(unit) ? (['granularity'] as const) : []),
    ...(usesAllOff ? (['all_off'] as const) : []),
    ...(canRescale(chosen) ? (['rescale'] as const) : []),
    ...ownSettings,
  ]);
}
