import type { Services } from '../services/services.ts';
import type { JobQueue } from './queue.ts';

/** Services of request handlers. */
export interface HandlerServices extends Services {
  readonly queue: JobQueue;
}
