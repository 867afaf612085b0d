import type { RunningJob } from '../../src-shared/contract/bridge.ts';

/** With the window closed and nothing running for this long, the app quits: all results are in the home. */
export const idleMilliseconds = 10 * 60_000;

interface BackgroundParts {
  /** The windows, the one to be focused at first. */
  windows(): readonly { show(): void; hide(): void; focus(): void; isMinimized(): boolean; restore(): void }[];
  readonly tray: { show(jobs: readonly RunningJob[]): void; hide(): void };
  /** Opens a new window. */
  open(): void;
  quit(): void;
}

/**
 * The app while its windows are closed and its jobs go on. They are only hidden: they go on telling what runs and what
 * ended, and are back at once.
 */
export class Background {
  private readonly parts: BackgroundParts;
  private jobs: readonly RunningJob[] = [];
  private isEntered = false;
  private timer: NodeJS.Timeout | null = null;

  constructor(parts: BackgroundParts) {
    this.parts = parts;
  }

  /** Hides the windows. */
  enter(): void {
    this.isEntered = true;
    for (const window of this.parts.windows()) window.hide();
    this.update(this.jobs);
  }

  /** Brings a window to the front, and all of them back from the background. */
  leave(): void {
    const wasEntered = this.isEntered;
    this.isEntered = false;
    this.stopTimer();
    this.parts.tray.hide();
    const [window, ...others] = this.parts.windows();
    if (window === undefined) {
      this.parts.open();
      return;
    }
    if (wasEntered) for (const other of others) other.show();
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  /** Takes note of what runs. */
  update(jobs: readonly RunningJob[]): void {
    this.jobs = jobs;
    if (!this.isEntered) return;
    this.parts.tray.show(jobs);
    if (jobs.length > 0) this.stopTimer();
    else this.timer ??= setTimeout(() => this.parts.quit(), idleMilliseconds);
  }

  private stopTimer(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}
