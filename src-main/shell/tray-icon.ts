import { Menu, nativeImage, Tray } from 'electron';
import type { RunningJob } from '../../src-shared/contract/bridge.ts';
import { nativeWords } from '../../src-shared/native-words/index.ts';
import { quitLabel } from './quit-question.ts';
import { runningText } from './running-state.ts';

interface TrayActions {
  open(): void;
  quit(): void;
}

/** The icon in the system's tray (on macOS, in the menu bar) while the window is closed: what runs, and the way back. */
export class TrayIcon {
  private readonly image: string;
  private readonly actions: TrayActions;
  private tray: Tray | null = null;
  private shown = '';

  constructor(image: string, actions: TrayActions) {
    this.image = image;
    this.actions = actions;
  }

  show(jobs: readonly RunningJob[]): void {
    if (this.tray === null) {
      this.shown = '';
      this.tray = new Tray(nativeImage.createFromPath(this.image));
      // On macOS a click opens the menu.
      if (process.platform !== 'darwin') this.tray.on('click', () => this.actions.open());
    }
    const state = runningText(jobs);
    const open = nativeWords().tray.open;
    const quit = quitLabel(jobs);
    // A menu that is replaced closes in the hands of whoever has it open.
    const shown = [state, open, quit].join('\n');
    if (shown === this.shown) return;
    this.shown = shown;
    this.tray.setToolTip(`CoTo Studio: ${state}`);
    this.tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: state, enabled: false },
        { type: 'separator' },
        { label: open, click: () => this.actions.open() },
        { label: quit, click: () => this.actions.quit() },
      ]),
    );
  }

  hide(): void {
    this.tray?.destroy();
    this.tray = null;
  }
}
