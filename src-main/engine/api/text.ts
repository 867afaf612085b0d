/** Tokenizers, chat templates and sampling. */
export { readModelDefaults } from '../generation/model-defaults.ts';
export { sampling } from '../generation/sampling.ts';
export { byteSymbols } from '../tokenization/byte-symbols.ts';
export { chatTemplates, renderChat } from '../tokenization/chat-template.ts';
export { chosenTemplate, ownTemplate, type TemplateInPlace, templateInPlace } from '../tokenization/chosen-template.ts';
export { placeTokens } from '../tokenization/new-tokens.ts';
export { templateFault } from '../tokenization/template-fault.ts';
export { knownTemplates } from '../tokenization/templates/index.ts';
export { TextTokenizer } from '../tokenization/tokenizer.ts';
export { hasTokenizer, readTokenizerFiles, type TokenizerFiles } from '../tokenization/tokenizer-files.ts';
export type { TokenizerIdentity } from '../tokenization/tokenizer-identity.ts';
