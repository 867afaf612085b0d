import { type EngineEvent, engineEventSchema, type TaskContext } from '../../../src-main/engine/events.ts';

/** Keeps the events of a task, which must be valid, and cancels it once it has asked for a signal more than `cancelAfter` times. */
export function testContext(events: EngineEvent[] = [], cancelAfter = Number.POSITIVE_INFINITY): TaskContext {
  let asked = 0;
  return {
    emit: (event) => void events.push(engineEventSchema.parse(event)),
    signal: async () => (++asked > cancelAfter ? 'cancel' : null),
  };
}
