import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { TaskSettings } from '../../../../src-shared/domain/runs/task.ts';
import { isLanguageModel } from '../../../../src-shared/tasks/task.ts';
import type { MicroBatch } from '../../losses/batch-loss.ts';
import type { TextTokenizer } from '../../tokenization/tokenizer.ts';
import { promptOf } from '../preference/prompt.ts';
import { encoderInputs, languageBatch } from '../shared/pad-rows.ts';
import { PromptWriter } from '../shared/prompt-writer.ts';
import type { TokenRow } from '../shared/token-rows.ts';

/** Reads the two rows of a pair, the answers marked: a text as a language model writes it, or a pair of texts for an encoder. */
export function pairReader(
  model: ModelDescription,
  tokenizer: TextTokenizer,
  settings: TaskSettings,
): (example: TextExample) => TokenRow[] {
  if (!isLanguageModel(model))
    return ({ prompt, completion, rejected }) =>
      [completion, typeof rejected === 'string' ? rejected : null].flatMap((answer) => {
        if (answer === null) return [];
        const encoded = prompt === null ? tokenizer.encode(answer) : tokenizer.encode(prompt, { pair: answer });
        return [{ ids: Int32Array.from(encoded.ids), marks: Uint8Array.from(encoded.typeIds) }];
      });
  const writer = new PromptWriter(tokenizer, settings);
  return (example) => {
    const { content, answers } = promptOf(example);
    const encoded = writer.preferred(content, answers);
    return encoded.answers.map((answer) => {
      const ids = [...encoded.prompt, ...answer];
      // Transformers pools the last token that is not padding, which may be the end token.
      while (ids.at(-1) === tokenizer.paddingId) ids.pop();
      return {
        ids: Int32Array.from(ids),
        marks: new Uint8Array(ids.length).fill(1, Math.min(ids.length, encoded.prompt.length)),
      };
    });
  };
}

export function inputsOf(model: ModelDescription, rows: readonly TokenRow[], padding: number): MicroBatch['inputs'] {
  return isLanguageModel(model) ? languageBatch(rows, padding).inputs : encoderInputs(rows, padding);
}
