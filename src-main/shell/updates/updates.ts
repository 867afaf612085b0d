import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { asError, StudioError } from '../../../src-shared/contract/errors.ts';
import type { UpdateState } from '../../../src-shared/contract/updates.ts';
import type { Log } from '../../logging/log.ts';
import { replaceFile } from '../replace-file.ts';
import type { FeedUpdater } from './feed-updater.ts';

/** Readable messages for errors of electron-updater, Node and the feed. */
const sentences: Readonly<Record<string, string>> = {
  ERR_UPDATER_CHANNEL_FILE_NOT_FOUND: 'The feed has no release for this system.',
  ERR_CHECKSUM_MISMATCH: 'What was downloaded is not what the release describes; it was deleted.',
  ERR_UPDATER_INVALID_UPDATE_INFO: 'The feed describes no release that this app understands.',
  ERR_UPDATER_INVALID_VERSION: 'The feed describes no release that this app understands.',
  ERR_UPDATER_NO_FILES_PROVIDED: 'The feed has no release for this system.',
  ERR_UPDATER_INVALID_SIGNATURE: 'What was downloaded is not signed by the publisher of this app; it was deleted.',
  ECONNREFUSED: 'The server of the feed does not answer.',
  ECONNRESET: 'The server of the feed ended the connection.',
  ENOTFOUND: 'The server of the feed was not found. Is this machine connected?',
  EAI_AGAIN: 'The server of the feed was not found. Is this machine connected?',
  ETIMEDOUT: 'The server of the feed does not answer.',
  ENOSPC: 'The disk is full; nothing was kept of the download.',
};

/** One sentence for the person; the whole error is in the log. */
function sentenceOf(thrown: unknown): string {
  if (thrown instanceof StudioError) return thrown.hint === null ? thrown.message : `${thrown.message} ${thrown.hint}`;
  const error = asError(thrown);
  const code: unknown = Reflect.get(error, 'code');
  const known = typeof code === 'string' ? sentences[code] : undefined;
  return known ?? `The update failed: ${error.message.split('\n')[0]?.slice(0, 300)}`;
}

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const settingSchema = z.object({ feed: z.string() });

/**
 * The address of a folder with latest.yml and the installers, ending in '/'.
 * @throws StudioError invalid_input for what is no such address
 */
function parseFeed(text: string): URL {
  const hint = 'Enter the address of a folder, such as https://example.org/coto-studio/.';
  if (!URL.canParse(text)) throw new StudioError('invalid_input', `'${text}' is no address.`, hint);
  const url = new URL(text);
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && loopback.has(url.hostname));
  if (!isSecure) throw new StudioError('invalid_input', `${url.origin} is not reached over https.`, hint);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new StudioError('invalid_input', 'The address of a feed has no user, query or fragment.', hint);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** The feed that the person turned on; null where there is none, or none that can be read. */
function readFeed(file: string): URL | null {
  try {
    return parseFeed(settingSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).feed);
  } catch {
    return null;
  }
}

/** Keeps the feed for the next start; null: updates are off. */
function writeFeed(file: string, feed: URL | null): void {
  replaceFile(file, JSON.stringify(feed === null ? {} : { feed: feed.href }));
}

interface UpdatesOptions {
  /** Reason why this copy cannot update itself; null: it can. */
  readonly unsupported: string | null;
  /** The feed that the package or the environment names, not asked before the person turns updates on. */
  readonly proposed: string | null;
  /** File of the user's choice. */
  readonly settingFile: string;
  readonly log: Log;
  /** Asks the person, in a dialog that the window cannot answer. */
  agree(feed: URL): Promise<boolean>;
  open(feed: URL): Promise<FeedUpdater>;
  onState(state: UpdateState): void;
}

type Progress = Omit<UpdateState, 'unsupported' | 'feed' | 'proposed'>;

const idle: Progress = { phase: 'idle', version: null, done: null, total: null, error: null };

/** New versions of the app: off until a feed is turned on, and never asked for but by the person. */
export class Updates {
  private readonly options: UpdatesOptions;
  private feed: URL | null;
  private updater: FeedUpdater | null = null;
  private progress = idle;
  private download: AbortController | null = null;

  constructor(options: UpdatesOptions) {
    this.options = options;
    this.feed = options.unsupported === null ? readFeed(options.settingFile) : null;
  }

  get state(): UpdateState {
    const { unsupported, proposed } = this.options;
    return { unsupported, feed: this.feed?.href ?? null, proposed, ...this.progress };
  }

  /** Turns updates on from a feed, or off. @throws StudioError where this copy has none or the address is none */
  async setFeed(text: string | null): Promise<UpdateState> {
    const { unsupported, agree, settingFile } = this.options;
    if (unsupported !== null) throw new StudioError('refused', unsupported);
    if (this.isBusy || this.progress.phase === 'ready')
      throw new StudioError('refused', 'An update is under way.', 'Cancel it, or quit to install it, first.');
    const feed = text === null ? null : parseFeed(text.trim());
    if (feed !== null && feed.href !== this.feed?.href && !(await agree(feed))) return this.state;
    writeFeed(settingFile, feed);
    this.feed = feed;
    this.updater = null;
    this.tell(idle);
    return this.state;
  }

  /** Asks the feed, once. Failures appear in the state. */
  async check(): Promise<UpdateState> {
    const { feed } = this;
    if (feed === null) throw new StudioError('refused', 'No feed is set.', 'Turn updates on in Settings first.');
    if (this.isBusy || this.progress.phase === 'ready') return this.state;
    this.tell({ ...idle, phase: 'checking' });
    try {
      this.updater ??= await this.options.open(feed);
      const found = await this.updater.check();
      this.tell(
        found === null
          ? { ...idle, phase: 'current' }
          : { ...idle, phase: 'available', version: found.version, total: found.bytes },
      );
    } catch (error) {
      this.fail(error);
    }
    return this.state;
  }

  /** Downloads what was found; it is installed when the app quits. */
  async start(): Promise<UpdateState> {
    const { updater, progress } = this;
    if (updater === null || progress.phase !== 'available') return this.state;
    const download = new AbortController();
    this.download = download;
    this.tell({ ...progress, phase: 'downloading', done: 0 });
    try {
      await updater.download((done, total) => {
        if (!download.signal.aborted) this.tell({ ...this.progress, done, total });
      }, download.signal);
      this.tell({ ...this.progress, phase: 'ready', done: null });
    } catch (error) {
      if (download.signal.aborted) this.tell(progress);
      else this.fail(error);
    } finally {
      this.download = null;
    }
    return this.state;
  }

  cancel(): UpdateState {
    this.download?.abort();
    return this.state;
  }

  private get isBusy(): boolean {
    return this.progress.phase === 'checking' || this.progress.phase === 'downloading';
  }

  private fail(thrown: unknown): void {
    this.options.log.warn({ err: asError(thrown) }, 'the update failed');
    this.tell({ ...idle, phase: 'failed', error: sentenceOf(thrown) });
  }

  private tell(progress: Progress): void {
    this.progress = progress;
    this.options.onState(this.state);
  }
}
