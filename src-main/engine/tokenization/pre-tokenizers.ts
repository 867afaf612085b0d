import type { DecoderStage, NormalizerStage, PreTokenizerStage, Stage } from './tokenizer-schema.ts';
import { formerPunctuation, laterPunctuation } from './unicode-8.ts';

/** GPT-2's pattern for splitting text into words. */
const wordsOfGpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
/** Equivalent of Rust's \w. */
const wordCharacters = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}`;
const punctuation = String.raw`[\p{P}\x{21}-\x{2F}\x{3A}-\x{40}\x{5B}-\x{60}\x{7B}-\x{7E}${formerPunctuation}](?<![${laterPunctuation}])`;

/**
 * A pre-tokenizer in stages that make the package agree with the Rust library. The package reads \s, \w and digits as
 * JavaScript does (a byte order mark is a space, accents and digits of other scripts are not matched), and supports two of
 * the five split behaviors.
 */
export function preTokenizerStages(stage: PreTokenizerStage): Stage[] {
  switch (stage.type) {
    case 'ByteLevel':
      return stage.use_regex
        ? [
            ...(stage.add_prefix_space ? [prefixSpace] : []),
            isolate(wordsOfGpt2),
            { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
          ]
        : [stage];
    case 'Metaspace': {
      const whole = { ...stage, prepend_scheme: prependScheme(stage) };
      const mark = escaped(stage.replacement);
      return stage.split ? [whole, isolate(mergedWithNext(mark))] : [whole];
    }
    case 'Digits':
      return [isolate(stage.individual_digits ? String.raw`\p{N}` : String.raw`\p{N}+`)];
    case 'Whitespace':
      return [keepMatches(`[${wordCharacters}]+|[^${wordCharacters}\\s]+`)];
    case 'WhitespaceSplit':
      return [keepMatches(String.raw`\S+`)];
    case 'Punctuation':
      return [split(punctuation, stage.behavior)];
    case 'Split': {
      const expression = 'Regex' in stage.pattern ? stage.pattern.Regex : escaped(stage.pattern.String);
      if (!stage.invert || stage.behavior === 'Isolated') return [split(expression, stage.behavior)];
      return [stage.behavior === 'Removed' ? keepMatches(expression) : split(between(expression), stage.behavior)];
    }
    case 'BertPreTokenizer':
      return [keepMatches(String.raw`(?:(?!${punctuation})\S)+|${punctuation}`)];
  }
}

/** The package strips what JavaScript considers spaces: a byte order mark too, but not U+0085. */
export function normalizerStage(stage: NormalizerStage): Stage {
  if (stage.type !== 'Strip') return stage;
  const { strip_left: left, strip_right: right } = stage;
  const sides = [...(left ? [String.raw`\A\s+`] : []), ...(right ? [String.raw`(?<!\s)\s+\z`] : [])];
  return { type: 'Replace', pattern: { Regex: sides.join('|') || '(?!)' }, content: '' };
}

/** The package strips the first mark of a text even if none was prepended. */
export function decoderStage(stage: DecoderStage): Stage {
  if (stage.type !== 'Metaspace' || prependScheme(stage) !== 'never') return stage;
  return { type: 'Replace', pattern: { String: stage.replacement }, content: ' ' };
}

function prependScheme(stage: { prepend_scheme?: string | undefined; add_prefix_space?: boolean | undefined }): string {
  return stage.prepend_scheme ?? (stage.add_prefix_space === false ? 'never' : 'always');
}

/** With a character that must follow: V8 finds \A(?! ) between the halves of a surrogate pair too. */
const prefixSpace: Stage = { type: 'Replace', pattern: { Regex: String.raw`\A(?=[^ ])` }, content: ' ' };

function split(expression: string, behavior: string): Stage {
  switch (behavior) {
    case 'Removed':
      return keepMatches(between(expression));
    case 'Contiguous':
      return isolate(`(?:${expression})+`);
    case 'MergedWithPrevious':
      return isolate(String.raw`(?:(?!${expression})[\s\S])*(?:${expression})`);
    case 'MergedWithNext':
      return isolate(mergedWithNext(expression));
    default:
      return isolate(expression);
  }
}

function mergedWithNext(expression: string): string {
  return String.raw`(?:${expression})(?:(?!${expression})[\s\S])*`;
}

/** Keeps the text between the matches. */
function between(expression: string): string {
  return String.raw`(?:(?!${expression})[\s\S])+`;
}

/** Keeps every match and the text between matches. */
function isolate(expression: string): Stage {
  return { type: 'Split', pattern: { Regex: expression }, behavior: 'Isolated', invert: false };
}

function keepMatches(expression: string): Stage {
  return { type: 'Split', pattern: { Regex: expression }, behavior: 'Removed', invert: true };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
