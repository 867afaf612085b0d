import type { PreflightLine } from '../../../../src-shared/domain/evaluation/evaluation.ts';
import type { TaskSettings } from '../../../../src-shared/domain/runs/task.ts';
import { ok, warning } from './preflight-line.ts';

/** Facts about the tokenization of an adapter's texts, from its files and its run. */
export interface PromptFacts {
  /** Hash of the tokens and their ids that its folder brings; null: it brings none, and the base's count. */
  readonly tokenizer: string | null;
  /** Hash of the chat template that its folder brings; null: as above. */
  readonly template: string | null;
  /** Settings of the run that trained it; null if it was not trained in this home. */
  readonly settings: Pick<TaskSettings, 'chat_template' | 'prompt_template'> | null;
}

/**
 * Checks if adapters of a language model were trained on texts with the same prompts and tokens: a merge can be
 * prompted in one way only.
 * @param base what adapters have that bring nothing of their own
 */
export function checkPrompts(
  facts: readonly PromptFacts[],
  names: readonly string[],
  base: Pick<PromptFacts, 'tokenizer' | 'template'>,
): PreflightLine[] {
  const tokenizer = differing(facts.map((one) => one.tokenizer ?? base.tokenizer));
  const template = differing(facts.map((one) => one.template ?? base.template));
  const trained = facts.flatMap(({ settings }, at) => (settings === null ? [] : [{ settings, name: names[at] }]));
  const chat = differing(trained.map(({ settings }) => settings.chat_template));
  const prompt = differing(trained.map(({ settings }) => settings.prompt_template));
  const lines = [
    ...(tokenizer === null
      ? []
      : [
          warning(
            'tokenizer',
            `${names[0]} and ${names[tokenizer]} come with different tokenizers: one text is different tokens to them.`,
            'Merge adapters that were trained with the same tokenizer.',
          ),
        ]),
    ...(template === null
      ? []
      : [
          warning(
            'chat template',
            `${names[0]} and ${names[template]} come with different chat templates.`,
            'The merge is exported with the template of the base: check its answers with both.',
          ),
        ]),
    ...(chat === null
      ? []
      : [
          warning(
            'chat template',
            `${trained[0]?.name} was trained with chat_template ${trained[0]?.settings.chat_template}, ${trained[chat]?.name} with ${trained[chat]?.settings.chat_template}.`,
            'Prompt the merge in both ways before you rely on it.',
          ),
        ]),
    ...(chat !== null || prompt === null
      ? []
      : [
          warning(
            'prompt template',
            `${trained[0]?.name} and ${trained[prompt]?.name} were trained with different prompt templates.`,
            'Prompt the merge in both ways before you rely on it.',
          ),
        ]),
  ];
  return lines.length > 0 ? lines : [ok('tokenizer', 'Same tokenizer and chat template.')];
}

/** Index of the first value that is another than the first; null where all are known to be the same, or nothing is known. */
function differing(values: readonly (string | null)[]): number | null {
  const at = values.findIndex((value) => value !== values[0]);
  return at < 0 ? null : at;
}
