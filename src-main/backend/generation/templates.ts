import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { RequestArgument, RequestOutput } from '../../../src-shared/contract/requests.ts';
import type { RenderedPrompt, TemplateChoices } from '../../../src-shared/domain/generation/generation.ts';
import { chatTemplates, knownTemplates, readModelDefaults, renderChat, templateFault } from '../../engine/api/text.ts';
import { modelTokenizer, modelTokenizerFiles } from '../library/models/model-tokenizer.ts';

/** Reads the text generation files of a model's folder. */
export async function textAbilities(folder: string): Promise<RequestOutput<'generation.abilities'>> {
  const files = await modelTokenizerFiles(folder);
  const defaults = await readModelDefaults(folder);
  return { problem: null, chat: chatTemplates(files).length > 0, defaults };
}

/** A model whose own template is broken, or that has no tokenizer, still has the published ones to choose from. */
export async function templateChoices(folder: string): Promise<TemplateChoices> {
  const own = await modelTokenizerFiles(folder)
    .then(chatTemplates)
    .catch((thrown: unknown) => {
      if (thrown instanceof StudioError) return [];
      throw thrown;
    });
  const isDefault = ({ name }: { readonly name: string }) => name === 'default';
  return {
    own: [...own.filter(isDefault), ...own.filter((template) => !isDefault(template))].map(({ name, text }) => ({
      name,
      text,
    })),
    known: knownTemplates.map((template) => ({ ...template })),
  };
}

export async function renderPrompt(
  folder: string,
  { messages, template, tools, addGenerationPrompt }: Omit<RequestArgument<'generation.render'>, 'model'>,
): Promise<RenderedPrompt> {
  const fault = template === null ? null : templateFault(template);
  if (fault !== null) return { prompt: null, tokens: null, problem: fault };
  try {
    const tokenizer = await modelTokenizer(folder);
    const prompt = renderChat(tokenizer, messages, {
      template: template ?? undefined,
      tools: tools ?? undefined,
      addGenerationPrompt,
    });
    return { prompt, tokens: tokenizer.encode(prompt, { addSpecialTokens: false }).ids.length, problem: null };
  } catch (thrown) {
    const { code, message } = toErrorValue(thrown);
    if (code === 'internal') throw thrown;
    return { prompt: null, tokens: null, problem: { message, line: null } };
  }
}
