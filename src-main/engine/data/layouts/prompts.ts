import { isObject } from '../text/raw-row.ts';
import { areTexts, type Layout } from './layout.ts';

/** Names that belong to other layouts: a file that has one of them is not a list of prompts and completions. */
const others = ['text', 'label', 'labels', 'messages', 'conversations', 'chosen', 'rejected', 'choices', 'options'];
const asked = ['instruction', 'prompt', 'question', 'query'];
const becomes = 'a prompt and its completion';
const dataOfDistilabel = { distilabel_metadata: 'notes of distilabel', model_name: 'name of the model that wrote it' };

/** Layouts of a prompt and the text that answers it. */
export const promptLayouts: readonly Layout[] = [
  {
    id: 'rated-generations',
    label: 'Generations with ratings',
    sources: 'distilabel before its preference step',
    becomes: 'rejected by name',
    columns: { prompt: ['instruction', 'prompt'], completion: ['generations', 'responses'] },
    fits: (of) => of('completion').some((cell) => Array.isArray(cell)),
    refusal: {
      message: 'has several answers to each prompt (distilabel), which are not read as they are',
      hint: 'Write one row for each answer, or pairs with chosen and rejected (distilabel: FormatTextGenerationDPO).',
    },
  },
  {
    id: 'instruction-generation',
    label: 'Instruction and generation',
    sources: 'distilabel',
    becomes,
    columns: { prompt: ['instruction'], completion: ['generation'] },
    optional: { system: ['system_prompt', 'system'], input: ['input'] },
    unread: dataOfDistilabel,
    without: others,
  },
  {
    id: 'problem-solution',
    label: 'Problem and solution',
    sources: 'OpenMathInstruct, NuminaMath, MATH, OpenR1',
    becomes,
    columns: {
      prompt: ['problem', 'question'],
      completion: ['generated_solution', 'solution'],
    },
    optional: { system: ['system_prompt', 'system'] },
    without: others,
    fits: (of) => areTexts(of('completion')),
  },
  {
    id: 'input-output',
    label: 'Input and output',
    sources: 'FLAN and P3 (inputs, targets), own tables',
    becomes,
    columns: { prompt: ['inputs', 'input'], completion: ['targets', 'outputs', 'output'] },
    optional: { system: ['system_prompt', 'system', 'definition'], history: ['history'] },
    unread: { inputs_pretokenized: 'the input again', targets_pretokenized: 'the target again' },
    without: [...others, ...asked, 'completion', 'response', 'answer'],
    fits: (of) => areTexts(of('prompt')) && !of('completion').every(isNumber),
  },
  {
    id: 'source-target',
    label: 'Source and target',
    sources: 'sequence-to-sequence tables, OPUS',
    becomes,
    columns: { prompt: ['source', 'source_text', 'src', 'input'], completion: ['target', 'target_text', 'tgt'] },
    without: [...others, ...asked, 'sentence', 'review', 'content', 'body'],
    fits: (of) => areTexts(of('prompt')) && areTexts(of('completion')),
  },
  {
    id: 'article-summary',
    label: 'Article and summary',
    sources: 'CNN/DailyMail, XSum, SAMSum, BillSum, Gigaword, arXiv',
    becomes,
    columns: {
      prompt: ['article', 'dialogue', 'document', 'text'],
      completion: ['highlights', 'summary', 'abstract'],
    },
    without: [...others.filter((name) => name !== 'text'), ...asked],
    fits: (of) => areTexts(of('prompt')) && areTexts(of('completion')),
  },
  {
    id: 'user-assistant',
    label: 'User and assistant',
    sources: 'own tables, mental_health_counseling (Context and Response)',
    becomes,
    columns: {
      prompt: ['user', 'user_message', 'human', 'context'],
      completion: ['assistant', 'assistant_message', 'bot', 'response'],
    },
    optional: { system: ['system_prompt', 'system', 'system_message'], history: ['history'] },
    without: [...others, ...asked, 'answers'],
    fits: (of) => areTexts(of('prompt')) && areTexts(of('completion')),
  },
  {
    id: 'translation',
    label: 'Translations by language',
    sources: 'WMT, OPUS, Tatoeba of the hub',
    becomes: 'a question: which language is the prompt',
    columns: { text: ['translation'] },
    fits: (of) =>
      of('text').some(
        (cell) => isObject(cell) && Object.values(cell).filter((text) => typeof text === 'string').length > 1,
      ),
    refusal: {
      message: 'has the same text in several languages (translation), and does not say which is the prompt',
      hint: 'Name both, e.g. prompt=translation.en completion=translation.de.',
    },
  },
];

function isNumber(cell: unknown): boolean {
  return cell !== null && cell !== '' && !Number.isNaN(Number(cell));
}
