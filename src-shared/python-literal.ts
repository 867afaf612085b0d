/** Lists and objects within each other. */
const deepest = 32;

/**
 * A value as Python writes it, e.g. "{'text': ['it'], 'answer_start': array([3], dtype=int32)}", which is how pandas writes lists and
 * objects into a CSV. Arrays of NumPy are lists, its scalars numbers or texts.
 * @throws Error for anything else
 */
export function parsePythonLiteral(text: string): unknown {
  const reader = new LiteralReader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class LiteralReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  value(depth: number): unknown {
    if (depth > deepest) throw new Error('it is too deep');
    if (this.has('[')) return this.list(']', depth);
    if (this.has('(')) return this.list(')', depth);
    if (this.has('{')) return this.record(depth);
    const quoted = this.match(/'([^'\\\n]*(?:\\[\s\S][^'\\\n]*)*)'|"([^"\\\n]*(?:\\[\s\S][^"\\\n]*)*)"/y);
    if (quoted !== null) return unescaped(quoted[1] ?? quoted[2] ?? '');
    const number = this.match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/iy);
    if (number !== null) return Number(number[0]);
    return this.named(depth);
  }

  end(): void {
    this.match(/\s*/y);
    if (this.at < this.text.length) throw new Error('more follows');
  }

  private named(depth: number): unknown {
    const [name = ''] = this.match(/[a-z_][\w.]*/iy) ?? [];
    if (Object.hasOwn(constants, name)) return constants[name];
    if (!/^(?:(?:np|numpy)\.)?(?:array|u?int\d+|float\d+|str_|bool_?)$/.test(name) || !this.has('('))
      throw new Error('it is no literal');
    const value = this.value(depth + 1);
    // Skips the array's type: dtype=object, dtype='<U5'.
    if (this.has(',')) this.match(/\s*dtype=(?:[\w.]+|'[^']*')/y);
    this.need(')');
    return value;
  }

  private list(close: string, depth: number): unknown[] {
    const values: unknown[] = [];
    while (!this.has(close)) {
      values.push(this.value(depth + 1));
      if (this.has(',')) continue;
      // NumPy prints the values of an array with white space between.
      if (close === ']' && this.isAfterSpace() && this.match(/(?=['"\d.+-])/y) !== null) continue;
      this.need(close);
      break;
    }
    return values;
  }

  private record(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    while (!this.has('}')) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string') throw new Error('a key is no text');
      this.need(':');
      entries.push([key, this.value(depth + 1)]);
      if (this.has(',')) continue;
      this.need('}');
      break;
    }
    return Object.fromEntries(entries);
  }

  private has(sign: string): boolean {
    this.match(/\s*/y);
    if (this.text[this.at] !== sign) return false;
    this.at++;
    return true;
  }

  private isAfterSpace(): boolean {
    return /\s/.test(this.text[this.at - 1] ?? '');
  }

  private need(sign: string): void {
    if (!this.has(sign)) throw new Error(`${sign} is missing`);
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) this.at = pattern.lastIndex;
    return found;
  }
}

const constants: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g, (_, ...given) => {
    const [two, four, eight, one] = given.slice(0, 4).map((part: unknown) => (typeof part === 'string' ? part : null));
    const code = two ?? four ?? eight;
    if (code !== null && code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
    return escapes[one ?? ''] ?? one ?? '';
  });
}
