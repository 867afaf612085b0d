/**
 * Texts that grow at the same time, written one after the other: the first as it comes, the next once those before it have
 * ended.
 */
export class ColumnPrinter {
  private readonly write: (text: string) => void;
  private readonly names: readonly string[];
  private readonly texts: string[];
  private open = 0;
  private written = 0;
  private started = false;

  constructor(write: (text: string) => void, names: readonly string[]) {
    this.write = write;
    this.names = names;
    this.texts = names.map(() => '');
  }

  add(column: number, text: string): void {
    this.texts[column] += text;
    if (column === this.open) this.flush();
  }

  /** The column has ended, and this is its whole text. */
  end(column: number, text: string): void {
    this.texts[column] = text;
    if (column !== this.open) return;
    this.flush();
    this.write('\n');
    this.open++;
    this.written = 0;
    this.started = false;
    if (this.open < this.names.length) this.flush();
  }

  private flush(): void {
    if (!this.started && this.names.length > 1) this.write(`== ${this.names[this.open]} ==\n`);
    this.started = true;
    const text = this.texts[this.open] ?? '';
    this.write(text.slice(this.written));
    this.written = text.length;
  }
}
