import { tokenHeads } from '../../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { unsupportedHead } from '../config-file.ts';
import type { FamilyDescription, ModelConfigFile } from '../family.ts';
import type { HeadPlan } from './plan.ts';

/** Classes with a head of pre-training. The encoder is loaded without it. */
const pretraining = /For(MaskedLM|PreTraining)$|WithLMHead/;

/**
 * The plan with the head that the checkpoint's class has.
 * @throws StudioError refused for a class with a head that is not computed here
 */
export function withOwnHead<Plan extends HeadPlan & { readonly architecture: string }>(
  file: ModelConfigFile,
  plan: Plan,
): Plan {
  const { architecture } = plan;
  if (pretraining.test(architecture)) return { ...plan, unusedHead: architecture };
  const own = [...tokenHeads].find(([, { architecture: end }]) => architecture.endsWith(end));
  if (own === undefined) {
    const [head] = /For[A-Z]\w*$|LMHead\w*$/.exec(architecture) ?? [];
    if (head === 'ForNextSentencePrediction') return withSentenceHead(plan);
    if (head !== undefined && head !== 'ForSequenceClassification')
      throw unsupportedHead(
        file,
        architecture,
        'ForSequenceClassification, ForTokenClassification, ForQuestionAnswering',
      );
    return plan;
  }
  const [task, { kind, labels, module }] = own;
  const shared = plan.head.filter(({ servesTokens }) => servesTokens);
  const last = { name: plan.taskHeads?.[task] ?? module, activation: null, isOfEncoder: false };
  return { ...plan, head: [...shared, last], labelsTokens: kind, labels: labels ?? plan.labels };
}

/** BERT's head that tells whether the second text follows the first, on the pooled state. */
function withSentenceHead<Plan extends HeadPlan>(plan: Plan): Plan {
  const pooler = plan.head.filter(({ isOfEncoder }) => isOfEncoder);
  // The labels of config.json may be of another head: this one always has two outputs.
  const last = { name: 'cls.seq_relationship', activation: null, isOfEncoder: false };
  return { ...plan, head: [...pooler, last], labels: null };
}

/** Number of labels of the checkpoint's classifier; 0 without one. */
export function ownLabelCount({ head, labels }: HeadPlan, weights: Pick<TensorSource, 'has' | 'info'>): number {
  const key = `${head.at(-1)?.name}.weight`;
  return weights.has(key) ? (labels?.length ?? weights.info(key).shape[0] ?? 0) : 0;
}

/** Parts of an encoder's description that its head decides. */
export function describeHead(
  { labels, labelsTokens, taskHeads, unusedHead }: HeadPlan,
  labelCount: number,
): Pick<FamilyDescription, 'kind' | 'labels' | 'taskHeads' | 'unusedHead'> {
  return {
    kind: labelCount === 0 ? 'embedding' : (labelsTokens ?? 'text-classification'),
    labels: labelCount === 0 ? [] : [...(labels ?? Array.from({ length: labelCount }, (_, id) => `LABEL_${id}`))],
    ...(taskHeads ? { taskHeads: { ...taskHeads } } : {}),
    ...(unusedHead === undefined || labelCount > 0 ? {} : { unusedHead }),
  };
}
