import { createContext, Script } from 'node:vm';
import { StudioError } from '../../../../src-shared/contract/errors.ts';

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
 * @throws StudioError invalid_input, naming `field` and the pattern.
 */
export function compilePythonRegex(pattern: string, anchored: 'full' | 'start', field: string): RegExp {
  const refuse = (reason: string): never => {
    throw new StudioError(
      'invalid_input',
      `${field}: "${pattern}" is not a usable regular expression (${reason}).`,
      'Give a list of module names instead, or correct the expression.',
    );
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
  try {
    const whole = anchored === 'full' ? `^(?:${translated})$` : `^(?:${translated})`;
    const tooLong = () => refuse(`it takes longer than ${patience} ms on one name`);
    return mayExplode(translated) ? new BoundedRegExp(whole, flags, tooLong) : new RegExp(whole, flags);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** Milliseconds that a pattern may take on a module's name. */
const patience = 250;

/** Whether backtracking may take exponential time, or a high power of the name's length: repeated groups, or many repetitions. */
function mayExplode(pattern: string): boolean {
  return /\)[*+{]/.test(pattern) || (pattern.match(/[*+{]/g)?.length ?? 0) > 3;
}

/** A pattern out of a file that someone else wrote must not hang the studio: only a script's time can be limited in JavaScript. */
class BoundedRegExp extends RegExp {
  private readonly tooLong: () => never;

  constructor(source: string, flags: string, tooLong: () => never) {
    super(source, flags);
    this.tooLong = tooLong;
  }

  override exec(text: string): RegExpExecArray | null {
    const outcome: { found: RegExpExecArray | null } = { found: null };
    const run = () => {
      outcome.found = super.exec(text);
    };
    try {
      runScript.runInContext(createContext({ run }), { timeout: patience });
    } catch (error) {
      // The error is of the script's own realm, where Error is another.
      const isTimeout = typeof error === 'object' && error !== null && 'code' in error;
      if (isTimeout && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') this.tooLong();
      throw error;
    }
    return outcome.found;
  }
}
const runScript = new Script('run()');

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
