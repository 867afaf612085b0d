import type { ReadCalls, ReadingContext, ToolFormat, WrittenCall } from './tool-format.ts';

/** New content of an answer, or calls that are complete. */
export type AnswerPart = { readonly content: string } | { readonly calls: readonly WrittenCall[] };

/**
 * Separates the calls of tools from the content of an answer, piece by piece. Text that could still become a call is held
 * back. Text that does not parse as a call is content. White space around calls belongs to neither.
 */
export class CallReader {
  private readonly format: ToolFormat;
  private readonly functions: ReadingContext['functions'];
  private readonly isParallel: boolean;
  private readonly accepts: (call: WrittenCall) => boolean;
  private held = '';
  /** White space at the end of the content so far: it is dropped if a call follows. */
  private space = '';
  private isAtStart = true;
  private hasCalls = false;
  private isOver = false;

  /**
   * @param isParallel false: everything after the first call is left out
   * @param accepts returns false for calls that stay content
   */
  constructor(
    format: ToolFormat,
    functions: ReadingContext['functions'],
    isParallel: boolean,
    accepts: (call: WrittenCall) => boolean = () => true,
  ) {
    this.accepts = accepts;
    this.format = format;
    this.functions = functions;
    this.isParallel = isParallel;
  }

  push(text: string): AnswerPart[] {
    this.held += text;
    return this.read(false);
  }

  /** Returns the rest: no more text will come. */
  end(): AnswerPart[] {
    return this.read(true);
  }

  private read(isEnd: boolean): AnswerPart[] {
    const parts: AnswerPart[] = [];
    while (!this.isOver) {
      const at = this.nextBegin();
      const found = at < 0 ? null : this.format.read(this.held, at, { isEnd, functions: this.functions });
      if (found === 'unfinished' && !isEnd) {
        this.addContent(parts, at);
        return parts;
      }
      if (found !== null && found !== 'unfinished' && found.calls.every(this.accepts)) this.addCalls(parts, at, found);
      // The begin of no call is content, and so is the text after it up to the next one.
      else if (at >= 0) this.addContent(parts, at + 1);
      else {
        this.addContent(parts, this.held.length - (isEnd ? 0 : this.openBegin()));
        break;
      }
    }
    if (this.isOver) this.held = '';
    if (isEnd && this.space !== '' && !this.hasCalls) parts.push({ content: this.space });
    if (isEnd) this.space = '';
    return parts;
  }

  private addCalls(parts: AnswerPart[], at: number, { calls, end }: ReadCalls): void {
    this.addContent(parts, at);
    this.space = '';
    parts.push({ calls: this.isParallel ? calls : calls.slice(0, 1) });
    this.held = this.held.slice(end - at);
    this.hasCalls = true;
    this.isAtStart = true;
    this.isOver = !this.isParallel;
  }

  /** Emits held text up to `end` as content, except for white space at its end. */
  private addContent(parts: AnswerPart[], end: number): void {
    const text = this.space + this.held.slice(0, end);
    this.held = this.held.slice(end);
    const content = text.trimEnd();
    this.space = text.slice(content.length);
    if (content === '') return;
    this.isAtStart = false;
    this.hasCalls = false;
    parts.push({ content });
  }

  private nextBegin(): number {
    const found = this.format.begins.map((begin) => this.held.indexOf(begin)).filter((at) => at >= 0);
    const at = found.length === 0 ? -1 : Math.min(...found);
    if (!this.format.isOnlyAtStart) return at;
    return this.isAtStart && this.held.slice(0, Math.max(0, at)).trim() === '' ? at : -1;
  }

  /** Length of the longest end of the held text with which a call may begin. */
  private openBegin(): number {
    if (this.format.isOnlyAtStart && !(this.isAtStart && this.held.trim().length < 16)) return 0;
    let longest = 0;
    for (const begin of this.format.begins)
      for (let length = Math.min(begin.length - 1, this.held.length); length > longest; length--)
        if (this.held.endsWith(begin.slice(0, length))) longest = length;
    return longest;
  }
}
