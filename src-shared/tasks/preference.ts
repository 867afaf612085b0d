import { z } from 'zod';
import type { TextExample } from '../domain/data/dataset.ts';
import type { ChatMessage } from '../domain/generation/chat-message.ts';
import type { ParameterMeta } from '../domain/parameters/parameters-of.ts';
import { accuracy } from '../metrics/accuracy.ts';
import { defineTask, isLanguageModel, promptSettings } from './task.ts';

/** Losses of preference training, each with a file in engine/tasks/preference/losses. */
export const preferenceLossIds = ['dpo', 'orpo', 'kto', 'simpo', 'ipo', 'hinge', 'bco_pair'] as const;
export type PreferenceLossId = (typeof preferenceLossIds)[number];

/** Restricts a field to these losses; `auto` may choose any of them, so its fields are shown too. */
function ofLosses(meta: ParameterMeta, ...losses: readonly PreferenceLossId[]): ParameterMeta {
  return { ...meta, group: 'Task', advanced: true, when: { name: 'loss_type', values: ['auto', ...losses] } };
}

/** Settings of preference training; keys of a run, named and with defaults as in TRL 1.16. */
export const preferenceSettings = {
  loss_type: z
    .enum(['auto', ...preferenceLossIds])
    .default('auto')
    .meta({
      title: 'Preference loss',
      description:
        'Loss of preference training. auto selects dpo for rows with a chosen and a rejected answer, and kto for rows with one answer and its label.',
      labels: {
        ...{ dpo: 'DPO', orpo: 'ORPO', kto: 'KTO', simpo: 'SimPO' },
        ...{ ipo: 'IPO', hinge: 'Hinge (SLiC)', bco_pair: 'BCO' },
      },
      group: 'Task',
    }),
  beta: z.number().positive().default(0.1).meta({
    title: 'β of the preference loss',
    description:
      'DPO, KTO, BCO: a higher value keeps the model closer to its base. IPO: the margin a token is brought to is 1 ⁄ 2β. Hinge: the margin is trained up to 1 ⁄ β. ORPO: weight of the odds ratio. SimPO: scale of the rewards; its paper uses 2 to 10.',
    group: 'Task',
  }),
  label_smoothing: z
    .number()
    .min(0)
    .max(0.5)
    .default(0)
    .meta(
      ofLosses(
        {
          title: 'Preference smoothing',
          description: 'DPO, SimPO: assumed share of pairs whose answers are swapped.',
        },
        'dpo',
        'simpo',
      ),
    ),
  simpo_gamma: z
    .number()
    .min(0)
    .default(0.5)
    .meta(
      ofLosses(
        {
          title: 'SimPO margin γ',
          description: 'SimPO: margin by which the reward of the chosen answer should exceed that of the rejected one.',
        },
        'simpo',
      ),
    ),
  cpo_alpha: z
    .number()
    .min(0)
    .default(0)
    .meta(
      ofLosses(
        {
          title: 'Weight of the chosen answer’s loss',
          description:
            'SimPO: weight of the language-modeling loss of the chosen answers, which is added. 0 is SimPO as published. TRL’s default of 1 is its CPO-SimPO.',
        },
        'simpo',
      ),
    ),
  desirable_weight: z
    .number()
    .min(0)
    .default(1)
    .meta(
      ofLosses(
        { title: 'Weight of wanted answers', description: 'KTO: weight of the loss of answers with the label true.' },
        'kto',
      ),
    ),
  undesirable_weight: z
    .number()
    .min(0)
    .default(1)
    .meta(
      ofLosses(
        {
          title: 'Weight of unwanted answers',
          description: 'KTO: weight of the loss of answers with the label false.',
        },
        'kto',
      ),
    ),
};
export type PreferenceSettings = z.infer<z.ZodObject<typeof preferenceSettings>>;

/** Turns that two conversations begin with: at least one is left of each. */
export function sharedTurns(one: readonly ChatMessage[], other: readonly ChatMessage[]): number {
  const most = Math.min(one.length, other.length) - 1;
  let count = 0;
  while (count < most && JSON.stringify(one[count]) === JSON.stringify(other[count])) count++;
  return count;
}

/**
 * Splits a preference example into the turns that both conversations share and the two answers; empty for other
 * examples.
 */
export function preferenceOf({ messages, rejected }: Pick<TextExample, 'messages' | 'rejected'>): {
  readonly asked: ChatMessage[];
  readonly chosen: ChatMessage[];
  readonly rejected: ChatMessage[];
} {
  if (messages === null || rejected === undefined || typeof rejected === 'string')
    return { asked: [], chosen: [], rejected: [] };
  const count = sharedTurns(messages, rejected);
  return { asked: messages.slice(0, count), chosen: messages.slice(count), rejected: rejected.slice(count) };
}

/** Preference training of a language model. */
export const preference = defineTask({
  id: 'preference',
  label: 'Preferences',
  summary: 'A language model learns which answers are preferred: by DPO, IPO, BCO, ORPO, KTO, SimPO or a hinge.',
  reads: 'texts',
  settings: preferenceSettings,
  uses: [...promptSettings, 'sample_prompts', 'sample_tokens'],
  isDefaultFor: (model, { rejected, desirable }) => isLanguageModel(model) && (rejected ?? desirable) !== null,
  bestBy: [accuracy.id],
  outputsWithoutMean: 'margins of preferences cannot be averaged, since each adapter has its own against the base',
  autoClass: 'AutoModelForCausalLM',
  playground: 'prompt',
});
