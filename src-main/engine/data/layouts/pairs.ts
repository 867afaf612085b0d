import { isObject } from '../text/raw-row.ts';
import { areTexts, CellFault, type Layout } from './layout.ts';

const becomes = 'a pair of texts with a label';
const origin = 'origin of the pair';

/** Layouts of pairs of texts with a class or a number, and of queries with their passages. */
export const pairLayouts: readonly Layout[] = [
  {
    id: 'scored-pair',
    label: 'Two sentences with a score',
    sources: 'STS-B and other STS datasets of the hub, SICK-R',
    becomes: 'a pair of texts with a number',
    columns: {
      text: ['sentence1', 'text1', 'sentencea'],
      text_pair: ['sentence2', 'text2', 'sentenceb'],
      label: ['score', 'similarityscore', 'similarity', 'relatednessscore'],
    },
    unread: { genre: origin, dataset: origin, year: origin, source: origin },
    without: ['label', 'labels', 'anchor', 'positive'],
    fits: (of) => of('label').every((cell) => (cell ?? '') === '' || Number.isFinite(Number(cell))),
  },
  {
    id: 'question-sentence',
    label: 'A question and a sentence that may answer it',
    sources: 'QNLI (GLUE)',
    becomes,
    columns: { text: ['question'], text_pair: ['sentence'], label: ['label'] },
    without: ['sentence1', 'sentence2', 'question1', 'context', 'choices', 'passage', 'paragraph'],
    fits: (of) => areTexts(of('text_pair')),
  },
  {
    id: 'question-answer-grade',
    label: 'A question and an answer that is right or wrong',
    sources: 'WikiQA',
    becomes,
    columns: { text: ['question'], text_pair: ['answer'], label: ['label'] },
    unread: { documenttitle: 'title of the article' },
    without: ['context', 'choices', 'options', 'passage', 'paragraph', 'prompt', 'instruction'],
    fits: (of) =>
      areTexts(of('text_pair')) && of('label').every((cell) => /^(?:-1|[01]|true|false)$/i.test(String(cell))),
  },
  {
    id: 'boolean-question',
    label: 'A question on a passage, answered by yes or no',
    sources: 'BoolQ',
    becomes,
    columns: { text: ['question'], text_pair: ['passage'], label: ['label', 'answer'] },
    unread: { title: 'title of the article' },
    fits: (of) =>
      of('label').every((cell) => (cell ?? '') === '' || /^(?:true|false|yes|no|-?[01])$/i.test(String(cell))),
  },
  {
    id: 'multirc',
    label: 'A paragraph, a question and an answer',
    sources: 'MultiRC (SuperGLUE)',
    becomes,
    columns: { text_pair: ['answer'], label: ['label'] },
    made: {
      text: {
        from: ['paragraph', 'question'],
        value: ([paragraph, question]) => `${String(paragraph ?? '')}\n\n${String(question ?? '')}`,
      },
    },
  },
  {
    id: 'claim-evidence',
    label: 'A claim and its evidence',
    sources: 'FEVER, VitaminC, Climate-FEVER',
    becomes,
    columns: { text: ['claim'], text_pair: ['evidence'], label: ['label', 'verdict'] },
    fits: (of) => areTexts(of('text_pair')),
  },
  {
    id: 'query-passage',
    label: 'A query and a passage with a grade',
    sources: 'rerankers (MS MARCO, ESCI)',
    becomes,
    columns: { text: ['query'], text_pair: ['passage', 'document', 'doc'], label: ['label', 'relevance', 'score'] },
    without: ['positive', 'pos', 'negative', 'neg'],
    fits: (of) => areTexts(of('text_pair')),
  },
  {
    id: 'passages-of-query',
    label: 'A query with passages, some of them selected',
    sources: 'MS MARCO 1.1 and 2.1',
    becomes: 'a pair for embeddings for each selected passage; the others are negatives',
    columns: { anchor: ['query'] },
    made: {
      positive: { from: ['passages'], value: ([cell]) => selected(cell, true) },
      negative: { from: ['passages'], value: ([cell]) => selected(cell, false) },
    },
    unread: {
      answers: 'answers written by people',
      wellformedanswers: 'answers written by people',
      querytype: 'kind of the query',
    },
  },
  {
    id: 'triplet',
    label: 'A query with lists of texts that match and do not',
    sources: 'FlagEmbedding (BGE), Tevatron',
    becomes: 'a pair for embeddings for each matching text',
    columns: { anchor: ['query', 'anchor'], positive: ['pos', 'positives', 'positive', 'positivepassages'] },
    optional: { negative: ['neg', 'negatives', 'negative', 'negativepassages', 'hardnegatives'] },
    unread: {
      posscores: 'scores of a teacher',
      negscores: 'scores of a teacher',
      prompt: 'instruction before the query',
      type: 'kind of the task',
    },
    fits: (of) => of('positive').some(Array.isArray),
  },
];

/** The passages that are selected, or those that are not: lists by field, or a list of objects. */
function selected(cell: unknown, isSelected: boolean): unknown {
  const passages = Array.isArray(cell) ? cell.filter(isObject) : null;
  const field = (name: string): unknown =>
    passages === null ? (isObject(cell) ? cell[name] : undefined) : passages.map((passage) => passage[name]);
  const [texts, flags] = [field('passage_text'), field('is_selected')];
  if (!Array.isArray(texts) || !Array.isArray(flags) || texts.length !== flags.length)
    return new CellFault('passages has no passage_text and is_selected of the same length');
  const chosen = texts.filter((_, at) => (Number(flags[at]) === 1) === isSelected);
  return isSelected && chosen.length === 0
    ? new CellFault('passages has no selected passage, so the query has no match: leave the row out')
    : chosen;
}
