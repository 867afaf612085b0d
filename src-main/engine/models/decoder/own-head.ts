import { z } from 'zod';
import { answerOutputs } from '../../../../src-shared/domain/models/model.ts';
import { orderedLabels, parseConfig, positiveInteger, unsupportedHead, unsupportedValue } from '../config-file.ts';
import type { FamilyDescription, ModelConfigFile } from '../family.ts';
import type { ClassifierLayout, DecoderLayout } from './layout.ts';
import type { LinearLayout } from './part.ts';

const schema = z.object({
  id2label: z.record(z.string(), z.string()).optional(),
  num_labels: positiveInteger.optional(),
  is_causal: z.boolean().default(true),
  token_classification_bias: z.boolean().default(true),
});

/** Head of a checkpoint's class: a language model's, a classifier, or none. */
export type OwnHead = 'language' | 'none' | ClassifierLayout;

/**
 * Reads the head that the checkpoint's class has. Sources: Transformers' modeling_layers.py, modeling_gpt2.py and
 * modeling_gpt_neox.py (5.24).
 * @param tokenHead name of the linear of the family's *ForTokenClassification
 * @throws StudioError refused for a class with another head
 */
export function ownHead(
  file: ModelConfigFile,
  architecture: string,
  { width, tokenHead = 'score' }: { readonly width: number; readonly tokenHead?: string | undefined },
): OwnHead {
  if (/(?<!LMHead|DoubleHeads|LanguageModel)Model$/.test(architecture)) return 'none';
  const [, end] = /For([A-Z]\w*)$/.exec(architecture) ?? [];
  const { id2label, num_labels = 2, token_classification_bias: hasBias } = parseConfig(file, schema, 'a decoder');
  const linear = (name: string, outFeatures: number, bias: boolean): LinearLayout => ({
    ...{ name, inFeatures: width, outFeatures, hasBias: bias },
  });
  const labels = id2label
    ? orderedLabels(file, id2label)
    : Array.from({ length: num_labels }, (_, id) => `LABEL_${id}`);
  switch (end) {
    case undefined:
    case 'CausalLM':
    case 'ConditionalGeneration':
      return 'language';
    case 'SequenceClassification':
      return { kind: 'text-classification', labels, linear: linear('score', labels.length, false) };
    case 'TokenClassification':
      return { kind: 'token-classification', labels, linear: linear(tokenHead, labels.length, hasBias) };
    case 'QuestionAnswering':
      return { kind: 'question-answering', labels: answerOutputs, linear: linear('qa_outputs', 2, true) };
    default:
      throw unsupportedHead(
        file,
        architecture,
        'ForCausalLM, ForSequenceClassification, ForTokenClassification, ForQuestionAnswering',
      );
  }
}

/** Parts of a description that the head decides. */
export function headDescription({
  head,
  classifier,
}: {
  readonly head: unknown;
  readonly classifier?: ClassifierLayout | null | undefined;
}): Pick<FamilyDescription, 'kind' | 'labels'> {
  if (classifier) return { kind: classifier.kind, labels: [...classifier.labels] };
  return { kind: head ? 'causal-lm' : 'embedding', labels: [] };
}

/**
 * The layout with the head of the checkpoint's class, and with attention to later tokens where `is_causal` is false (gte-Qwen2).
 * @throws StudioError refused for a class or a layer that cannot be computed so
 */
export function withOwnHead(file: ModelConfigFile, layout: DecoderLayout, tokenHead?: string): DecoderLayout {
  const width = layout.finalProjection?.outFeatures ?? layout.hiddenSize;
  const own = ownHead(file, layout.architecture, { width, tokenHead });
  const headed: DecoderLayout =
    own === 'language' ? layout : { ...layout, head: null, ...(own === 'none' ? {} : { classifier: own }) };
  return parseConfig(file, schema, 'a decoder').is_causal ? headed : bidirectional(file, headed);
}

/** A model whose tokens attend to later ones writes no text: its states are embeddings, unless it has a classifier. */
function bidirectional(file: ModelConfigFile, layout: DecoderLayout): DecoderLayout {
  const layers = layout.layers.map((layer) => {
    const { mixer } = layer;
    if (mixer.kind !== 'attention') throw unsupportedValue(file, 'is_causal', false, 'true');
    // A window of the config includes the distance itself.
    const window = mixer.window === 0 ? 0 : mixer.window + 1;
    return { ...layer, mixer: { ...mixer, isCausal: false, window } };
  });
  return { ...layout, layers, head: null };
}
