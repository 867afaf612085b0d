declare global {
  // From ECMAScript's proposal "JSON.parse source text access", which TypeScript does not declare yet.
  interface JSON {
    rawJSON(text: string): object;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
  }
}

/** A number that is written otherwise than JavaScript would: 1.0, which Python keeps apart from 1, or more digits than a double has. */
export class WrittenNumber extends Number {
  private readonly text: string;

  constructor(text: string) {
    super(Number(text));
    this.text = text;
  }

  toJSON(): object {
    return JSON.rawJSON(this.text);
  }

  /** An integer of more digits than a double has, to the digit. */
  override toString(): string {
    return /^-?\d+$/.test(this.text) ? this.text : super.toString();
  }
}

/** JSON with its numbers as Python's json has them: what a chat template writes of a tool's arguments is learned to the letter. */
export function parseAsPython(text: string): unknown {
  return JSON.parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined ? numberOf(value, source) : value,
  );
}

/** JSON with its integers to the digit: identifiers as labels have more digits than a double. */
export function parseIntegersExactly(text: string): unknown {
  return JSON.parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source) ? numberOf(value, source) : value,
  );
}

/** Returns true if `text` may have an integer that a double rounds. */
export function mayHaveLongIntegers(text: string): boolean {
  return /\d{16}/.test(text);
}

/** A double of another format than JSON. */
export function floatOf(value: number): number | WrittenNumber {
  return Number.isFinite(value) ? numberOf(value, `${value}.`) : value;
}

/** Returns true if `parseAsPython` might read a number of `text` differently from JSON.parse. */
export function mayHaveWrittenNumbers(text: string): boolean {
  return /\d(?:\.\d|[eE][+-]?\d|\d{15})/.test(text);
}

function numberOf(value: number, source: string): number | WrittenNumber {
  if (!Number.isFinite(value)) return value;
  const written = /[.eE]/.test(source) ? pythonFloat(value) : source;
  return written === String(value) ? value : new WrittenNumber(written);
}

/**
 * Formats a float like Python's repr: JavaScript's digits, but always with a fraction, and exponents from 1e16 on and
 * below 1e-4.
 */
export function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e16 || (size < 1e-4 && size > 0)) return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  const text = Object.is(value, -0) ? '-0' : String(value);
  return Number.isInteger(value) ? `${text}.0` : text;
}
