/** Lets work begin, in the order in which it was asked for, while what is under way fits into a number of bytes. */
export class ByteBudget {
  private readonly total: number;
  private left: number;
  private readonly waiting: { readonly bytes: number; readonly begin: () => void }[] = [];

  constructor(total: number) {
    this.total = total;
    this.left = total;
  }

  /** Runs `work` once `bytes` of the budget are free. Work larger than the whole budget runs alone. */
  async spend<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    const taken = Math.min(bytes, this.total);
    if (this.waiting.length > 0 || taken > this.left)
      await new Promise<void>((begin) => this.waiting.push({ bytes: taken, begin }));
    else this.left -= taken;
    try {
      return await work();
    } finally {
      this.left += taken;
      this.admit();
    }
  }

  private admit(): void {
    for (let next = this.waiting[0]; next !== undefined && next.bytes <= this.left; next = this.waiting[0]) {
      this.waiting.shift();
      this.left -= next.bytes;
      next.begin();
    }
  }
}
