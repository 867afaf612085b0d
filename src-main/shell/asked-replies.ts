/** A page of a window, as far as replies are concerned. */
export interface ReplyTarget {
  isDestroyed(): boolean;
  send(channel: string, message: unknown): void;
}

/** Requests that the backend has not answered, each with the page that sent it. */
export class AskedReplies {
  private readonly pages = new Map<string, ReplyTarget>();

  expect(id: string, page: ReplyTarget): void {
    this.pages.set(id, page);
  }

  /** Sends a reply to the page that asked; a reply that nobody waits for, or whose page is closed, is dropped. */
  deliver(id: string, channel: string, message: unknown): void {
    const page = this.pages.get(id);
    this.pages.delete(id);
    if (page !== undefined && !page.isDestroyed()) page.send(channel, message);
  }

  /** The backend that was asked is gone. */
  clear(): void {
    this.pages.clear();
  }
}
