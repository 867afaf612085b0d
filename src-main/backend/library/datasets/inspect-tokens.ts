import { resolve } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RequestArgument, RequestOutput } from '../../../../src-shared/contract/requests.ts';
import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { detectReader, inspectDataset, inspectDatasetExample } from '../../../engine/api/data.ts';
import type { ReadTokens } from '../../../engine/api/tasks.ts';
import { countMarked, describe, exampleReader, type TextModel, tokenizerOf } from './describe-tokens.ts';

type Answer = RequestOutput<'datasets.inspectTokens'>;

/**
 * The first rows of a file, before it is a dataset, as the model would read them in training with default settings: the tokens
 * of each, and one of them whole.
 * @throws StudioError refused for images, for options that do not fit the file, and for a model without a tokenizer
 */
export async function inspectTokens(
  model: TextModel,
  { path, options, place, row }: Omit<RequestArgument<'datasets.inspectTokens'>, 'model'>,
): Promise<Answer> {
  const source = { ...(await detectReader(resolve(path), options)), options };
  const inspection = await inspectDataset(source);
  if (inspection === null) throw new StudioError('refused', `${path} contains images, not text.`);
  if (inspection.misfit !== null) throw new StudioError('refused', inspection.misfit.message, inspection.misfit.hint);
  const examples =
    row === undefined
      ? inspection.rows.flatMap((one) => (one.kind === 'example' ? [one.example] : []))
      : [(await inspectDatasetExample(source, row)) ?? []].flat();
  const tokenizer = await tokenizerOf(model);
  const read = exampleReader(tokenizer, model, inspection.columns);
  const outcomes = examples.map((example) => outcomeOf(example, read));
  const chosen = outcomes[place]?.read ?? null;
  return {
    rows: outcomes.map(({ row, read: found, problem }) => ({
      row,
      tokens: found?.ids.length ?? null,
      counted: found === null ? 0 : countMarked(found.marks),
      problem,
    })),
    example: chosen === null ? null : describe(tokenizer, chosen),
    maxPositions: model.description.text?.maxPositions ?? 0,
  };
}

interface Outcome {
  readonly row: string;
  readonly read: ReadTokens | null;
  readonly problem: string | null;
}

/** A template's error belongs to its example, not to the preview. */
function outcomeOf(example: TextExample, read: (example: TextExample) => ReadTokens): Outcome {
  try {
    return { row: example.row, read: read(example), problem: null };
  } catch (thrown) {
    if (!(thrown instanceof StudioError) || thrown.code !== 'refused') throw thrown;
    return { row: example.row, read: null, problem: [thrown.message, thrown.hint ?? ''].join(' ').trim() };
  }
}
