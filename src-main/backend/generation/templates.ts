import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { RequestArgument } from '../../../src-shared/contract/requests.ts';
import type { RenderedPrompt, TemplateChoices } from '../../../src-shared/domain/generation.ts';
import { chatTemplates, renderChat } from '../../engine/tokenization/chat-template.ts';
import { templateFault } from '../../engine/tokenization/template-fault.ts';
import { knownTemplates } from '../../engine/tokenization/templates/index.ts';
import { modelTokenizer, modelTokenizerFiles } from '../library/model-tokenizer.ts';
import { requireModel } from '../library/models.ts';
import type { HandlerServices } from '../services.ts';

type Parts = Pick<HandlerServices, 'store'>;

/** A model whose own template is broken, or that has no tokenizer, still has the published ones to choose from. */
export async function templateChoices(
  { store }: Parts,
  { model: reference }: RequestArgument<'generation.templates'>,
): Promise<TemplateChoices> {
  const { path } = requireModel(store, reference);
  const own = await modelTokenizerFiles(path)
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
  { store }: Parts,
  { model: reference, messages, template }: RequestArgument<'generation.render'>,
): Promise<RenderedPrompt> {
  const { path } = requireModel(store, reference);
  const fault = template === null ? null : templateFault(template);
  if (fault !== null) return { prompt: null, tokens: null, problem: fault };
  try {
    const tokenizer = await modelTokenizer(path);
    const prompt = renderChat(tokenizer, messages, template ?? undefined);
    return { prompt, tokens: tokenizer.encode(prompt, { addSpecialTokens: false }).ids.length, problem: null };
  } catch (thrown) {
    const { code, message } = toErrorValue(thrown);
    if (code === 'internal') throw thrown;
    return { prompt: null, tokens: null, problem: { message, line: null } };
  }
}
