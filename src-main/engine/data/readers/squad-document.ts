import { FaultyValue, isObject, largestRowBytes } from '../text/raw-row.ts';

/**
 * Returns true if a file's start matches SQuAD's original release: one object with articles, in a line that is too long
 * for a row.
 */
export function beginsSquad(text: string): boolean {
  return /^\{\s*(?:"version"\s*:\s*"[^"]*"\s*,\s*)?"data"\s*:\s*\[\s*\{/.test(text) && text.includes('"paragraphs"');
}

/** Each question is a row with the whole context: those of SQuAD have 20 times 4,000 characters at most. */
const mostContextCharacters = 4 * largestRowBytes;

/**
 * The questions of SQuAD's articles as rows, as the hub has them: {id, title, context, question, answers}, and then the fields that
 * nothing reads, e.g. plausible_answers; null for other lists. Malformed entries are kept and become faults of their rows.
 */
export function questionsOf(articles: readonly unknown[]): unknown[] | null {
  const [first] = articles;
  if (!isObject(first) || !Array.isArray(first['paragraphs'])) return null;
  return articles.flatMap((article) => {
    const { title, paragraphs, ...ofArticle } = isObject(article) ? article : {};
    if (!Array.isArray(paragraphs)) return [article];
    return paragraphs.flatMap((paragraph: unknown) => {
      const { context, qas, ...ofParagraph } = isObject(paragraph) ? paragraph : {};
      if (!Array.isArray(qas)) return [paragraph];
      if (typeof context === 'string' && context.length * qas.length > mostContextCharacters)
        return [new FaultyValue('has a context that is too long for its number of questions; split it')];
      return qas.map((asked: unknown) => {
        if (!isObject(asked)) return asked;
        const { id, question, answers, ...others } = asked;
        const right = others['is_impossible'] === true ? [] : answers;
        return { id, title, context, question, answers: right, ...ofArticle, ...ofParagraph, ...others };
      });
    });
  });
}
