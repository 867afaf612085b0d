import type { JobQueue } from '../jobs/queue.ts';
import type { Services } from './services.ts';

/** Services of request handlers. */
export interface HandlerServices extends Services {
  readonly queue: JobQueue;
}
