import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type ModelDescription, tokenHeads } from '../../../../src-shared/domain/models/model.ts';

/** Format of the checkpoint of a bare encoder, or of a language model, with the classifier of an adapter. */
export interface ClassifierCheckpoint {
  /** Class of Transformers that the whole is of. */
  readonly architecture: string;
  /** A tensor's key in the whole; null for what is of another head, e.g. that of pretraining. */
  keyOf(storedKey: string): string | null;
}

/**
 * @param keys what the adapter changes, as the checkpoint has it, beyond what it holds.
 * @throws StudioError refused where they are not of a head that the base lacks.
 */
export function classifierCheckpoint(
  description: ModelDescription,
  keys: readonly string[],
  file: string,
  task: string | null = null,
): ClassifierCheckpoint {
  const missing = new Set(
    description.linears.filter((module) => module.isMissing).flatMap(({ name }) => [`${name}.weight`, `${name}.bias`]),
  );
  const stranger = keys.find((key) => !missing.has(key));
  if (stranger !== undefined)
    throw new StudioError('refused', `The adapter changes ${stranger}, which ${file} does not contain.`);
  const { kind, architecture } = description;
  const isOfImages = kind === 'image-classification';
  const { prefix, isBare } = encoderPrefix(description);
  return {
    // A vision encoder is described by the class that classifies with it.
    architecture: isOfImages
      ? architecture
      : architecture.replace(
          /(LMHeadModel|Model|For[A-Z]\w*)$/,
          tokenHeads.get(task ?? '')?.architecture ?? 'ForSequenceClassification',
        ),
    keyOf: (key) => (isBare ? `${prefix}${key}` : key.startsWith(prefix) ? key : null),
  };
}

/**
 * Prefix of the encoder's names in the whole. The checkpoint of a bare encoder leaves it out; one of pretraining has it, and
 * heads of its own beside it. Empty where only the layers' names have one.
 */
function encoderPrefix({ linears, biases = [], kind }: ModelDescription): { prefix: string; isBare: boolean } {
  const [encoder] = linears.filter((module) => !module.isHead);
  // Names within the layers of vision transformers differ from their keys by more than the prefix.
  const anchor = kind === 'image-classification' ? biases[0] : encoder;
  const prefix = `${encoder?.name.split('.')[0] ?? ''}.`;
  if (anchor === undefined || !anchor.name.startsWith(prefix)) return { prefix: '', isBare: false };
  return { prefix, isBare: anchor.name === `${prefix}${anchor.checkpointKey}` };
}
