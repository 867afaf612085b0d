import { join } from 'node:path';
import { app, BrowserWindow, dialog } from 'electron';
import type { UpdateState } from '../../../src-shared/contract/updates.ts';
import { nativeWords } from '../../../src-shared/native-words/index.ts';
import type { Log } from '../../logging/log.ts';
import { packagingOf } from './packaging.ts';
import { Updates } from './updates.ts';

/** Written by scripts/build.mjs: the public half of the releases' key, and the feed that the app proposes; '' without. */
declare const BUILD_UPDATES: { readonly key: string; readonly feed: string };

interface OpenUpdatesOptions {
  readonly home: string;
  readonly log: Log;
  onState(state: UpdateState): void;
}

/** The updates of this app. Only what the build brings is trusted in a packed one; the environment may propose a feed. */
export function openUpdates({ home, log, onState }: OpenUpdatesOptions): Updates {
  const { key: builtKey, feed } = BUILD_UPDATES;
  const publicKey = (app.isPackaged ? undefined : process.env['COTO_UPDATE_PUBLIC_KEY']) || builtKey;
  const packaging = packagingOf(process.resourcesPath, app.isPackaged);
  return new Updates({
    unsupported: unsupported(publicKey, packaging),
    proposed: process.env['COTO_UPDATE_FEED'] || feed || null,
    settingFile: join(home, 'updates.json'),
    log,
    agree,
    onState,
    async open(from) {
      if (packaging === null) throw new Error('This copy has no updates.');
      // Loaded by those who turned updates on.
      const { openFeedUpdater } = await import('./feed-updater.ts');
      return openFeedUpdater({
        feed: from,
        publicKey,
        packaging,
        version: app.getVersion(),
        cache: join(home, 'cache', 'updates'),
        packedConfig: join(process.resourcesPath, 'app-update.yml'),
        log: log.child({ part: 'updates' }),
        quit: () => app.quit(),
        onQuit: (handler) => app.once('quit', (_event, exitCode) => handler(exitCode)),
      });
    },
  });
}

function unsupported(publicKey: string, packaging: string | null): string | null {
  if (publicKey === '')
    return 'This copy was built without a release key: updates cannot be verified. Install new versions by hand.';
  if (packaging === null) return 'This copy was unpacked by hand. Unpack a new version in its place.';
  return null;
}

/** The user must agree to a feed, because its server learns that someone uses the app. */
async function agree(feed: URL): Promise<boolean> {
  const [window] = BrowserWindow.getAllWindows();
  const { updates: words, cancel } = nativeWords();
  const options = {
    type: 'question' as const,
    message: words.message(feed.host),
    detail: words.detail(feed.href),
    buttons: [words.turnOn, cancel],
    defaultId: 0,
    cancelId: 1,
  };
  const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
  return response === 0;
}
