import { StudioError } from '../../../src-shared/contract/errors.ts';
import { isTemplateText } from '../../../src-shared/domain/runs/task.ts';
import { type ChatRenderer, chatRenderer, endOfTurn } from './chat-template.ts';
import { knownTemplates } from './templates/index.ts';
import type { TextTokenizer } from './tokenizer.ts';

/** Chat template that a run's `chat_template` selects. */
export interface ChosenTemplate {
  /** null: prompts and completions are plain text. */
  readonly render: ChatRenderer | null;
  /** The token that ends a turn; null if there is none. */
  endOfTurn(): number | null;
}

/**
 * The template that `chat_template` says: `auto` (the model's, where it has one), `none`, `model` (the model's, which it must
 * have), the id of a published one, or Jinja.
 * @throws StudioError refused for `model` where the model has none, invalid_input for a word that is no template,
 * invalid_file for Jinja that cannot be read
 */
export function chosenTemplate(tokenizer: TextTokenizer, chosen: string): ChosenTemplate {
  if (chosen === 'none') return { render: null, endOfTurn: () => null };
  const text = textOf(chosen);
  const render = chatRenderer(tokenizer, text);
  if (render === null && chosen === 'model')
    throw new StudioError(
      'refused',
      `chat_template is model, but ${tokenizer.files.configFile} has no chat template.`,
      `Set chat_template to auto, none or one of ${ids.join(', ')}, or write one.`,
    ).at('chat_template');
  return { render, endOfTurn: () => (render === null ? null : endOfTurn(tokenizer, text)) };
}

/** The text that `chat_template` says; null for the model's own or none. Errors as `chosenTemplate`. */
export function ownTemplate(chosen: string): string | null {
  return chosen === 'none' ? null : (textOf(chosen) ?? null);
}

/** Chat template in a trained adapter's folder that replaces its base's; null text: none. */
export type TemplateInPlace = { readonly text: string | null };

/** The template that goes with what was trained under `chat_template`; null: its base's. Errors as `chosenTemplate`. */
export function templateInPlace(chosen: string): TemplateInPlace | null {
  if (chosen === 'none') return { text: null };
  const text = textOf(chosen);
  return text === undefined ? null : { text };
}

const ids = knownTemplates.map(({ id }) => id);

function textOf(chosen: string): string | undefined {
  if (chosen === 'auto' || chosen === 'model') return undefined;
  if (isTemplateText(chosen)) return chosen;
  const known = knownTemplates.find(({ id }) => id === chosen);
  if (known !== undefined) return known.text;
  throw new StudioError(
    'invalid_input',
    `chat_template: "${chosen.slice(0, 60)}" is no template.`,
    `Give auto, none, model, one of ${ids.join(', ')}, or Jinja.`,
  ).at('chat_template');
}
