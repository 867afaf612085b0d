import { powerSaveBlocker } from 'electron';

/** Keeps the machine from going to sleep while a job runs. The screen may turn off. */
export class KeepAwake {
  private blocker: number | null = null;

  set(isWorking: boolean): void {
    if (isWorking === (this.blocker !== null)) return;
    if (this.blocker === null) this.blocker = powerSaveBlocker.start('prevent-app-suspension');
    else {
      powerSaveBlocker.stop(this.blocker);
      this.blocker = null;
    }
  }
}
