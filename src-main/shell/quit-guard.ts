import { app, type BrowserWindow, dialog } from 'electron';
import type { RunningJob } from '../../src-shared/contract/bridge.ts';
import { quitButton, quitQuestion } from './quit-question.ts';

/** Asks once before quitting would interrupt running jobs. */
export class QuitGuard {
  /** What runs, as the window says. */
  jobs: readonly RunningJob[] = [];
  private isAgreed = false;
  private isAsking = false;

  /** Quits without a question: a signal of the system has nobody to answer it. */
  quitUnasked(): void {
    this.isAgreed = true;
    app.quit();
  }

  /** Whether the app may quit now. If not, the user is asked, and `app.quit` is called again where they agree. */
  mayQuit(window: BrowserWindow | undefined): boolean {
    const question = this.isAgreed ? null : quitQuestion(this.jobs);
    if (question === null) return true;
    if (this.isAsking) return false;
    this.isAsking = true;
    const asked = window === undefined ? dialog.showMessageBox(question) : dialog.showMessageBox(window, question);
    void asked
      .then(({ response }) => {
        if (response === quitButton) this.quitUnasked();
      })
      .finally(() => {
        this.isAsking = false;
      });
    return false;
  }

  /** Closing the window quits the app, but not on macOS, where jobs go on without it. */
  watch(window: BrowserWindow): void {
    if (process.platform === 'darwin') return;
    window.on('close', (event) => {
      if (!this.mayQuit(window)) event.preventDefault();
    });
  }
}
