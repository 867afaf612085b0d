import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CancellationToken } from 'builder-util-runtime';
import { AppImageUpdater, type AppUpdater, DebUpdater, MacUpdater, NsisUpdater } from 'electron-updater';
import type { Log } from '../../logging/log.ts';
import { FeedExecutor } from './feed-executor.ts';
import type { Packaging } from './packaging.ts';

interface FeedUpdaterOptions {
  readonly feed: URL;
  /** Public key of the releases: Ed25519, SPKI. */
  readonly publicKey: string;
  readonly packaging: Packaging;
  readonly version: string;
  /** Folder for downloads. */
  readonly cache: string;
  /** The file that electron-builder left in the package: on Windows it has the publisher of the certificate. */
  readonly packedConfig: string;
  readonly log: Log;
  quit(): void;
  /** Calls `handler` when the app has quit, with its exit code. */
  onQuit(handler: (exitCode: number) => void): void;
}

export interface FoundUpdate {
  readonly version: string;
  readonly bytes: number | null;
}

/** electron-updater on one feed. Nothing is asked before `check`. */
export interface FeedUpdater {
  /** The newer version that the feed has, or null. */
  check(): Promise<FoundUpdate | null>;
  /** Downloads what `check` found, verifies it, and has it installed when the app quits. */
  download(onProgress: (done: number, total: number) => void, cancelled: AbortSignal): Promise<void>;
}

const updaters: Readonly<Record<Packaging, (app: ConstructorParameters<typeof DebUpdater>[1]) => AppUpdater>> = {
  appimage: (app) => new AppImageUpdater(null, app),
  deb: (app) => new DebUpdater(null, app),
  nsis: (app) => new NsisUpdater(null, app),
  mac: (app) => new MacUpdater(undefined, app),
};

export function openFeedUpdater(options: FeedUpdaterOptions): FeedUpdater {
  const { feed, log, cache, version } = options;
  const updater = updaters[options.packaging]({
    version,
    name: 'coto-studio',
    isPackaged: true,
    appUpdateConfigPath: configFile(options),
    userDataPath: cache,
    baseCachePath: cache,
    whenReady: () => Promise.resolve(),
    relaunch: () => undefined,
    quit: options.quit,
    onQuit: options.onQuit,
  });
  updater.logger = {
    info: (message: unknown) => log.debug(String(message)),
    warn: (message: unknown) => log.warn(String(message)),
    error: (message: unknown) => log.warn(String(message)),
  };
  const executor = new FeedExecutor(feed, options.publicKey);
  // The updater's default executor uses Electron's network, which is closed.
  Reflect.set(updater, 'httpExecutor', executor);
  updater.setFeedURL({ provider: 'generic', url: feed.href, useMultipleRangeRequest: false });
  updater.autoDownload = false;
  updater.autoInstallOnAppQuit = true;
  updater.disableDifferentialDownload = true;
  updater.disableWebInstaller = true;
  // Failures are also thrown; an `error` event without a listener would end the app.
  updater.on('error', () => undefined);
  return {
    async check() {
      const result = await updater.checkForUpdates();
      if (!result?.isUpdateAvailable) return null;
      const sizes = result.updateInfo.files.map(({ size }) => size ?? 0);
      executor.largestDownloadBytes = Math.max(0, ...sizes);
      return { version: result.updateInfo.version, bytes: executor.largestDownloadBytes || null };
    },
    async download(onProgress, cancelled) {
      const token = new CancellationToken();
      const cancel = (): void => token.cancel();
      const report = ({ transferred, total }: { transferred: number; total: number }): void =>
        onProgress(transferred, total);
      cancelled.addEventListener('abort', cancel);
      updater.on('download-progress', report);
      try {
        await updater.downloadUpdate(token);
      } finally {
        updater.off('download-progress', report);
        cancelled.removeEventListener('abort', cancel);
      }
    },
  };
}

/** electron-updater reads a file to learn where it may keep downloads: the package's own, or one made for it. */
function configFile({ packedConfig, cache }: FeedUpdaterOptions): string {
  if (existsSync(packedConfig)) return packedConfig;
  const file = join(cache, 'app-update.yml');
  mkdirSync(cache, { recursive: true });
  writeFileSync(file, 'updaterCacheDirName: downloads\n');
  return file;
}
