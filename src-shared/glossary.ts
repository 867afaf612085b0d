/** A term of the field, as the window explains it at its first use on a page and the guide lists it. */
export interface GlossaryTerm {
  readonly id: string;
  readonly term: string;
  /** Words and symbols that stand for the term in a text. */
  readonly spellings: readonly string[];
  /** One or two sentences. */
  readonly definition: string;
  /** Document of the guide that says more, by its path below docs without the ending. */
  readonly document: string;
}

/** Every term in the order of the guide's page. */
export const glossary: readonly GlossaryTerm[] = [
  {
    id: 'rank',
    term: 'rank',
    spellings: ['rank', 'ranks'],
    definition:
      'The inner dimension r of an adapter: its update is a product of a matrix with r columns and one with r rows. A higher rank can express more, and has more parameters.',
    document: 'methods/adapters/lora',
  },
  {
    id: 'alpha',
    term: 'alpha',
    spellings: ['alpha', 'lora_alpha'],
    definition:
      'The scale of an adapter, lora_alpha: its update is multiplied by alpha / r, or by alpha / √r with rsLoRA. Twice the alpha is twice the update.',
    document: 'methods/adapters/lora',
  },
  {
    id: 'delta-w',
    term: 'ΔW',
    spellings: ['ΔW'],
    definition:
      'The change that an adapter makes to a weight matrix W of its base: the base computes with W + ΔW. For LoRA, ΔW is alpha / r times B·A.',
    document: 'methods/adapters/lora',
  },
  {
    id: 'lambda',
    term: 'λ',
    spellings: ['λ'],
    definition:
      'On the line between two adapters, the position: λ = 0 is the first, λ = 1 the second. In a merge, the factor by which the updates are multiplied.',
    document: 'methods/studies/interpolation',
  },
  {
    id: 'p0',
    term: 'p₀',
    spellings: ['p₀', 'initial p'],
    definition:
      'The probability with which each adapter is active at the first step of CoTo, Initial p in the form. With the default schedule, the probability rises to 1 by the end of the first stage.',
    document: 'methods/coto',
  },
  {
    id: 'barrier',
    term: 'barrier',
    spellings: ['barrier', 'barriers'],
    definition:
      'The largest deviation of a score for the worse, on the line between two adapters, from the straight line between the scores of its ends. It is 0 where every mix is at least as good as that line.',
    document: 'methods/studies/interpolation',
  },
  {
    id: 'forgetting',
    term: 'forgetting',
    spellings: ['forgetting'],
    definition:
      'The increase of a loss on fixed neutral inputs from the base alone to the base with the adapter. It is 0 for an adapter that changes nothing; lower is better.',
    document: 'guide/runs',
  },
];

const patterns = glossary.map((term) => ({ term, pattern: patternOf(term) }));

/** Matches a spelling that is not within another word; its first letter may be a capital. */
function patternOf({ spellings }: GlossaryTerm): RegExp {
  const spelled = spellings.map((spelling) => {
    const first = spelling.charAt(0);
    const isLatin = /^[a-z]$/.test(first);
    return isLatin ? `[${first}${first.toUpperCase()}]${spelling.slice(1)}` : spelling;
  });
  return new RegExp(`(?<![\\p{L}\\p{N}_.-])(?:${spelled.join('|')})(?![\\p{L}\\p{N}_-])`, 'u');
}

/** A part of a text: plain, or the first use of a term in it. */
export interface GlossaryPart {
  readonly text: string;
  readonly term: GlossaryTerm | null;
}

/** Splits a text at the first use of each term. */
export function glossaryParts(text: string): readonly GlossaryPart[] {
  const found = patterns
    .flatMap(({ term, pattern }) => {
      const match = pattern.exec(text);
      return match ? [{ term, start: match.index, end: match.index + match[0].length }] : [];
    })
    .toSorted((one, other) => one.start - other.start);
  const parts: GlossaryPart[] = [];
  let at = 0;
  for (const { term, start, end } of found) {
    if (start > at) parts.push({ text: text.slice(at, start), term: null });
    parts.push({ text: text.slice(start, end), term });
    at = end;
  }
  if (at < text.length) parts.push({ text: text.slice(at), term: null });
  return parts;
}

/** The guide's page of the terms, as Markdown. */
export function glossaryPage(): string {
  const entries = glossary.map(({ term, definition, document }) => {
    const link = document.startsWith('guide/') ? document.slice('guide/'.length) : `../${document}`;
    return `## ${term}\n\n${definition} [More](${link}.md).\n`;
  });
  return `# Glossary\n\n<!-- made by scripts/make-glossary.mjs from src-shared/glossary.ts: edit there -->\n\nThe window underlines these terms with dots where a page first uses them. Select a term to read its definition.\n\n${entries.join('\n')}`;
}
