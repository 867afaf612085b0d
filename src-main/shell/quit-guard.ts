import { app, BrowserWindow, dialog } from 'electron';
import type { RunningJob } from '../../src-shared/contract/bridge.ts';
import { quitAnswers, quitQuestion } from './quit-question.ts';

/** Asks once before quitting would interrupt running jobs. */
export class QuitGuard {
  /** Running jobs, as reported by the window. */
  jobs: readonly RunningJob[] = [];
  private readonly goToBackground: () => void;
  private isAgreed = false;
  private isAsking = false;

  /** @param goToBackground closes the window and lets the jobs go on */
  constructor(goToBackground: () => void) {
    this.goToBackground = goToBackground;
  }

  /** Quits without a question: a signal of the system has nobody to answer it. */
  quitUnasked(): void {
    this.isAgreed = true;
    app.quit();
  }

  /**
   * Returns true if the app may quit now. If not, the user is asked, and `app.quit` is called again after they agree.
   */
  mayQuit(window: BrowserWindow | undefined): boolean {
    const question = this.isAgreed ? null : quitQuestion(this.jobs);
    if (question === null) return true;
    if (this.isAsking) return false;
    this.isAsking = true;
    // A question that belongs to a hidden window would be hidden with it.
    const asked = window?.isVisible() ? dialog.showMessageBox(window, question) : dialog.showMessageBox(question);
    void asked
      .then(({ response }) => {
        const answer = quitAnswers[response];
        if (answer === 'quit') this.quitUnasked();
        if (answer === 'background') this.goToBackground();
      })
      .finally(() => {
        this.isAsking = false;
      });
    return false;
  }

  /** Closing the last window quits the app, but not on macOS, where jobs go on without it. */
  watch(window: BrowserWindow): void {
    window.on('close', (event) => {
      if (BrowserWindow.getAllWindows().length > 1) return;
      if (process.platform === 'darwin' && !this.isAgreed && this.jobs.length > 0) {
        event.preventDefault();
        this.goToBackground();
      } else if (!this.mayQuit(window)) event.preventDefault();
    });
  }
}
