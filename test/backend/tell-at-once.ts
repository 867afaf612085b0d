import { vi } from 'vitest';
import { EventHub } from '../../src-main/backend/event-hub.ts';

/**
 * From now on in this file, what a job reports is told at once and not ten times a second, so that who listens meets it on its way,
 * however fast it goes on.
 */
export function tellJobsAtOnce(): void {
  const { jobChanged } = EventHub.prototype;
  vi.spyOn(EventHub.prototype, 'jobChanged').mockImplementation(function (this: EventHub, job) {
    Reflect.apply(jobChanged, this, [job]);
    this.flush();
  });
}
