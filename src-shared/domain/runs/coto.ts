import { z } from 'zod';
import { curves } from '../../coto/curves/index.ts';
import { schedules } from '../../coto/schedules/index.ts';
import { switchesGroups } from '../../coto/schedules/schedule.ts';
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

/**
 * The CoTo schedule of a run, in the names of the authors' code (`initial_p`, `final_p`, `stage1_ratio`), or one of its
 * controls. A group is all adapted modules of one transformer layer, or one module where `granularity` says so.
 */
export const cotoSettingsSchema = z.strictObject({
  schedule: cotoScheduleSchema.default('coto').meta({
    title: 'Schedule',
    description: 'The rule for what is on in a step: CoTo, or a control to compare it with.',
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
    description: 'How p rises in stage 1. Constant stays at initial_p throughout.',
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
    description: 'Runs the curve backward: stage 2 comes first, then p falls from final_p to initial_p.',
  }),
  granularity: z
    .enum(['layer', 'module'])
    .default('layer')
    .meta({
      title: 'Granularity',
      description: 'What is switched together: all adapters of a layer, or each module by itself.',
      labels: { layer: 'Layer', module: 'Module' },
    }),
  all_off: z
    .enum(['redraw', 'force-one'])
    .default('redraw')
    .meta({
      title: 'If all are off',
      description:
        'What happens when everything is drawn off: all is drawn again, as in the authors’ code, or one chosen at random is on.',
      labels: { redraw: 'Draw again', 'force-one': 'Force one on' },
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
  const { unit, usesCurve, usesAllOff, ownSettings } = schedules[schedule];
  const { shapedBy } = curves[curve];
  const rising: SettingName[] = curve === 'constant' ? [] : ['final_p', 'stage1_ratio', 'reversed'];
  return new Set<SettingName>([
    'schedule',
    ...(usesCurve ? (['curve', 'initial_p', ...rising] as const) : []),
    ...(usesCurve && shapedBy ? [shapedBy] : []),
    ...(switchesGroups(unit) ? (['granularity'] as const) : []),
    ...(usesAllOff ? (['all_off'] as const) : []),
    ...ownSettings,
  ]);
}
