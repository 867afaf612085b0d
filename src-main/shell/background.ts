import type { RunningJob } from '../../src-shared/contract/bridge.ts';

/** With the window closed and nothing running for this long, the app quits: all results are in the home. */
export const idleMilliseconds = 10 * 60_000;

interface BackgroundParts {
  /** The one window; null if there is none. */
  window(): { show(): void; hide(): void; focus(): void; isMinimized(): boolean; restore(): void } | null;
  readonly tray: { show(jobs: readonly RunningJob[]): void; hide(): void };
  /** Opens a new window. */
  open(): void;
  quit(): void;
}

/**
 * The app while its window is closed and its jobs go on. The window is only hidden: it goes on telling what runs and
 * what ended, and is back at once.
 */
export class Background {
  private readonly parts: BackgroundParts;
  private jobs: readonly RunningJob[] = [];
  private isEntered = false;
  private timer: NodeJS.Timeout | null = null;

  constructor(parts: BackgroundParts) {
    this.parts = parts;
  }

  /** Hides the window. */
  enter(): void {
    this.isEntered = true;
    this.parts.window()?.hide();
    this.update(this.jobs);
  }

  /** Brings the window to the front, from the background or from behind other programs. */
  leave(): void {
    this.isEntered = false;
    this.stopTimer();
    this.parts.tray.hide();
    const window = this.parts.window();
    if (window === null) {
      this.parts.open();
      return;
    }
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
