import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { maxOptionalParts, optionalParts } from '../../../files/optional-parts.ts';
import { WorkClock } from '../../../files/work-clock.ts';

/** For all that is matched by the expressions of one field: each meets a few hundred names, of which none takes a millisecond. */
const MAX_MILLISECONDS = 1000;
const MAX_SHOWN = 200;

export function patternClock(): WorkClock {
  return new WorkClock(MAX_MILLISECONDS);
}

function unusablePattern(field: string, pattern: string, reason: string): StudioError {
  const shown = pattern.length > MAX_SHOWN ? `${pattern.slice(0, MAX_SHOWN)}…` : pattern;
  return new StudioError(
    'invalid_input',
    `${field}: "${shown}" is not a usable regular expression (${reason}).`,
    'Give a list of module names instead, or correct the expression.',
  ).at(`adapter.${field}`);
}

export function tooSlow(field: string, pattern: string): (seconds: number) => StudioError {
  return (seconds) => unusablePattern(field, pattern, `it takes longer than ${seconds} s on the names of the base`);
}

const flagLetters: ReadonlyMap<string, string> = new Map([
  ['i', 'i'],
  ['s', 's'],
  ['m', 'm'],
  ['a', ''],
  ['u', ''],
]);

/**
 * A Python `re` pattern as a JavaScript one. PEFT's configs hold Python patterns: what is spelled differently (named groups,
 * `\A`, `\Z`, comments, inline flags at the start) is translated, what JavaScript cannot do is refused.
 *
 * @param anchored 'full' as `re.fullmatch`, 'start' as `re.match`.
 * @param clock of all that the expressions of the field are matched with.
 * @throws StudioError invalid_input, naming `field` and the pattern.
 */
export function compilePythonRegex(
  pattern: string,
  anchored: 'full' | 'start',
  field: string,
  clock: WorkClock = patternClock(),
): RegExp {
  const refuse = (reason: string): never => {
    throw unusablePattern(field, pattern, reason);
  };
  let flags = '';
  let source = pattern;
  const inline = /^\(\?([a-zA-Z]+)\)/.exec(source);
  if (inline) {
    for (const letter of inline[1] ?? '') {
      const flag = flagLetters.get(letter);
      if (flag === undefined) return refuse(`the flag (?${letter}) is not supported`);
      if (!flags.includes(flag)) flags += flag;
    }
    source = source.slice(inline[0].length);
  }
  const translated = translate(source, refuse);
  const optional = optionalParts(translated);
  if (optional > maxOptionalParts) return refuse(`it has ${optional} optional parts, more than ${maxOptionalParts}`);
  try {
    const whole = anchored === 'full' ? `^(?:${translated})$` : `^(?:${translated})`;
    if (!mayExplode(translated)) return new RegExp(whole, flags);
    return new BoundedRegExp(whole, flags, { clock, over: tooSlow(field, pattern) });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** Steps of backtracking on one name that take less time than a limit on them. */
const MAX_STEPS = 100_000;

/**
 * Returns true if matching the patterns, one after the other, may take longer than a limit on it: repeated groups, or many
 * places at which a match can go on in several ways (a repetition, an optional part, alternatives).
 */
export function mayExplode(...patterns: readonly string[]): boolean {
  return patterns.reduce((sum, pattern) => sum + stepsOf(pattern), 0) > MAX_STEPS;
}

/** An upper estimate of the steps on one name: the ways of all places multiplied. Names have a hundred characters at most. */
function stepsOf(pattern: string): number {
  if (/\)[*+{]/.test(pattern)) return Number.POSITIVE_INFINITY;
  const repetitions = pattern.match(/[*+{]/g)?.length ?? 0;
  const options = pattern.match(/(?<!\()\?/g)?.length ?? 0;
  const alternatives = pattern.split(')').map((part) => part.split('|').length);
  return alternatives.reduce((ways, each) => ways * each, 40 ** repetitions * 2 ** options);
}

/** A pattern out of a file that someone else wrote must not hang the studio. */
class BoundedRegExp extends RegExp {
  private readonly limit: { readonly clock: WorkClock; readonly over: (seconds: number) => StudioError };

  constructor(source: string, flags: string, limit: BoundedRegExp['limit']) {
    super(source, flags);
    this.limit = limit;
  }

  override exec(text: string): RegExpExecArray | null {
    return this.limit.clock.run(this.limit.over, () => super.exec(text));
  }
}

function translate(source: string, refuse: (reason: string) => never): string {
  let result = '';
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const rest = source.slice(at);
    const character = source.charAt(at);
    if (character === '\\') {
      const escaped = source.charAt(at + 1);
      if (!inClass && escaped === 'A') result += '^';
      else if (!inClass && escaped === 'Z') result += '$';
      else result += character + escaped;
      at++;
    } else if (inClass) {
      if (character === ']') inClass = false;
      result += character;
    } else if (character === '[') {
      inClass = true;
      // Python takes a `]` that comes first as a member; JavaScript would close the class.
      const first = /^\[\^?\]/.exec(rest)?.[0];
      result += first ? `${first.slice(0, -1)}\\]` : character;
      if (first) at += first.length - 1;
    } else if (rest.startsWith('(?P<')) {
      result += '(?<';
      at += 3;
    } else if (rest.startsWith('(?P=')) {
      const name = /^\(\?P=(\w+)\)/.exec(rest);
      if (!name) return refuse('an unfinished (?P=name)');
      result += `\\k<${name[1]}>`;
      at += name[0].length - 1;
    } else if (rest.startsWith('(?#')) {
      const end = rest.indexOf(')');
      if (end < 0) return refuse('an unfinished comment');
      at += end;
    } else if (rest.startsWith('(?>') || rest.startsWith('(?(') || /^[*+?}]\+/.test(rest)) {
      return refuse('atomic groups, conditionals and possessive quantifiers are not supported');
    } else {
      result += character;
    }
  }
  return result;
}
