import { vi } from 'vitest';
import { EventHub } from '../../src-main/backend/services/event-hub.ts';

/**
 * From now on in this file, what jobs and runs report is told at once and not ten times a second, so that who listens meets them on
 * their way, however fast they go on.
 */
export function tellAtOnce(): void {
  const { jobChanged, runChanged } = EventHub.prototype;
  vi.spyOn(EventHub.prototype, 'jobChanged').mockImplementation(function (this: EventHub, job) {
    Reflect.apply(jobChanged, this, [job]);
    this.flush();
  });
  vi.spyOn(EventHub.prototype, 'runChanged').mockImplementation(function (this: EventHub, run) {
    Reflect.apply(runChanged, this, [run]);
    this.flush();
  });
}
