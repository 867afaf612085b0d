import { StudioError } from '../../src-shared/contract/errors.ts';
import {
  type HomeMoverMessage,
  type HomeMoverOrder,
  homeMoverMessageSchema,
  type PlannedMove,
} from '../../src-shared/contract/home-move.ts';
import type { JobProgress } from '../../src-shared/domain/jobs/job-progress.ts';
import type { Channel } from '../../src-shared/rpc/channel.ts';

export interface HomeMoverOptions {
  /** Starts the process that moves the home to a folder. */
  open(folder: string): Channel;
  /** Jobs that are under way. */
  running(): number;
  /** Asks the person, who may have the old files kept; null: not at all. */
  agree(plan: PlannedMove): Promise<{ readonly keep: boolean } | null>;
  /** Has the backend let the home go; returns what starts it again. */
  rest(): Promise<() => void>;
  onProgress(progress: JobProgress): void;
}

/** Moves the home for the window. */
export class HomeMover {
  private readonly options: HomeMoverOptions;
  private channel: Channel | null = null;
  private moving: PromiseWithResolvers<void> | null = null;

  constructor(options: HomeMoverOptions) {
    this.options = options;
  }

  /** True while files are being moved. */
  get isMoving(): boolean {
    return this.moving !== null;
  }

  /** Resolves once the move has ended, in whichever way. */
  async cancel(): Promise<void> {
    this.tell({ act: 'cancel' });
    await this.moving?.promise;
  }

  /**
   * Answers the new home, where the app has to be started again: the backend is not. null if the person did not want it.
   * @throws StudioError where the home stays where it is, and the backend goes on
   */
  async move(folder: string): Promise<string | null> {
    if (this.channel !== null) throw new StudioError('refused', 'The home is being moved already.');
    this.requireIdle();
    const channel = this.options.open(folder);
    this.channel = channel;
    let resume: (() => void) | null = null;
    try {
      const plan = await this.next(channel, ['planned']);
      if (plan.state !== 'planned') return null;
      const agreed = await this.options.agree(plan);
      if (agreed === null) return null;
      this.requireIdle();
      this.moving = Promise.withResolvers();
      resume = await this.options.rest();
      const ended = this.next(channel, ['moved']);
      this.tell({ act: 'move', keep: agreed.keep });
      const moved = await ended;
      // From here on the backend would open the home where it no longer is.
      resume = null;
      return moved.state === 'moved' ? moved.to : null;
    } finally {
      this.channel = null;
      channel.close();
      resume?.();
      this.moving?.resolve();
      this.moving = null;
    }
  }

  private requireIdle(): void {
    if (this.options.running() > 0)
      throw new StudioError(
        'refused',
        'The home cannot be moved while something is running.',
        'Wait for it, or pause or cancel it.',
      );
  }

  private tell(order: HomeMoverOrder): void {
    this.channel?.post(order);
  }

  /** The next message of these states; progress is passed on until then. */
  private next(channel: Channel, states: readonly HomeMoverMessage['state'][]): Promise<HomeMoverMessage> {
    return new Promise((resolve, reject) => {
      const stop = channel.on((raw) => {
        const message = homeMoverMessageSchema.safeParse(raw).data;
        if (message === undefined) return;
        if (message.state === 'moving') this.options.onProgress(message.progress);
        if (message.state === 'failed') reject(StudioError.fromValue(message.error));
        if (!states.includes(message.state)) return;
        stop();
        resolve(message);
      });
      channel.onClose(() =>
        reject(
          new StudioError(
            'disconnected',
            'What moved the home ended unexpectedly.',
            'The home is whole; the log says why.',
          ),
        ),
      );
    });
  }
}
