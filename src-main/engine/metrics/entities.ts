/** Counts of entities of one type: true, predicted, and both with the same words. */
export interface EntityCounts {
  readonly type: string;
  readonly actual: number;
  readonly predicted: number;
  readonly right: number;
}

interface Entity {
  readonly type: string;
  /** First and last word. */
  readonly span: string;
}

/**
 * Entities of IOB2 tags as seqeval's default mode has them: I- begins one too where no entity of its type goes before it, as a
 * model may predict.
 */
function entitiesOf(tags: readonly string[]): Entity[] {
  const found: Entity[] = [];
  let [type, start] = ['', 0];
  const close = (end: number) => {
    if (type !== '') found.push({ type, span: `${start} ${end}` });
    type = '';
  };
  for (const [at, tag] of tags.entries()) {
    const own = tag === 'O' ? '' : tag.slice(2);
    if (own === type && !tag.startsWith('B-')) continue;
    close(at - 1);
    [type, start] = [own, at];
  }
  close(tags.length - 1);
  return found;
}

/** Counts by type, in alphabetical order, over sentences of tags. */
export function countEntities(
  labels: readonly (readonly string[])[],
  predictions: readonly (readonly string[])[],
): EntityCounts[] {
  const counts = new Map<string, { type: string; actual: number; predicted: number; right: number }>();
  const countOf = (type: string) => {
    const known = counts.get(type) ?? { type, actual: 0, predicted: 0, right: 0 };
    counts.set(type, known);
    return known;
  };
  for (const [sentence, tags] of labels.entries()) {
    const actual = entitiesOf(tags);
    const keys = new Set(actual.map(({ type, span }) => `${span} ${type}`));
    for (const { type } of actual) countOf(type).actual++;
    for (const { type, span } of entitiesOf(predictions[sentence] ?? [])) {
      countOf(type).predicted++;
      if (keys.has(`${span} ${type}`)) countOf(type).right++;
    }
  }
  return [...counts.values()].sort((one, other) => (one.type < other.type ? -1 : 1));
}

/** Precision, recall and their harmonic mean; 0 where undefined (seqeval's zero_division). */
export function entityScores({ actual, predicted, right }: Omit<EntityCounts, 'type'>) {
  const precision = predicted === 0 ? 0 : right / predicted;
  const recall = actual === 0 ? 0 : right / actual;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1 };
}
