/** Decodes ids to text, e.g. a tokenizer's decode without special tokens. */
type Decode = (ids: readonly number[]) => string;

/**
 * Streams text from tokens: only whole characters (a token may end in the middle of one), and nothing that could still
 * become a stop string.
 */
export class TextStream {
  private readonly decode: Decode;
  private readonly stops: readonly string[];
  private readonly ids: number[] = [];
  /** Text before `read` is emitted; decoding repeats from `start`, since a token's text depends on earlier tokens. */
  private start = 0;
  private read = 0;
  private held = '';
  private shown = '';
  /** The stop string that ended the text; null if none has. */
  stoppedBy: string | null = null;

  constructor(decode: Decode, stops: readonly string[] = []) {
    this.decode = decode;
    this.stops = stops.filter((stop) => stop.length > 0);
  }

  /** All text emitted so far. */
  get text(): string {
    return this.shown;
  }

  /** Adds a token and returns the text that is final now; nothing after a stop string. */
  push(id: number): string {
    if (this.stoppedBy !== null) return '';
    this.ids.push(id);
    const before = this.decode(this.ids.slice(this.start, this.read));
    const after = this.decode(this.ids.slice(this.start));
    if (after.length <= before.length || after.endsWith('\u{FFFD}')) return '';
    this.start = this.read;
    this.read = this.ids.length;
    return this.release(after.slice(before.length));
  }

  /** The rest, also if it was held back: no more tokens will come. */
  end(): string {
    if (this.stoppedBy !== null) return '';
    const before = this.decode(this.ids.slice(this.start, this.read));
    const last = this.release(this.decode(this.ids.slice(this.start)).slice(before.length));
    const rest = this.stoppedBy === null ? this.held : '';
    this.held = '';
    this.read = this.ids.length;
    this.shown += rest;
    return last + rest;
  }

  private release(added: string): string {
    const text = this.held + added;
    const found = this.stops
      .map((stop) => ({ stop, at: text.indexOf(stop) }))
      .filter(({ at }) => at >= 0)
      .sort((one, other) => one.at - other.at)[0];
    this.stoppedBy = found?.stop ?? null;
    const certain = found ? found.at : text.length - this.openStop(text);
    this.held = found ? '' : text.slice(certain);
    const out = text.slice(0, certain);
    this.shown += out;
    return out;
  }

  /** Length of the longest end of the text that a stop string begins with. */
  private openStop(text: string): number {
    let longest = 0;
    for (const stop of this.stops)
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--)
        if (text.endsWith(stop.slice(0, length))) longest = length;
    return longest;
  }
}
