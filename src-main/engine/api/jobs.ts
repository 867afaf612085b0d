/** The contract between the backend and the process of the engine: jobs, results, events and requests. */

export type {
  EngineResult,
  EngineResultOf,
  EngineTask,
  EngineTaskOf,
  ScoreTask,
  TrainTogetherTask,
} from '../contract.ts';
export type { ForgettingTask } from '../contract-fields.ts';
export type { EngineEvent, EngineSignal, RunOutcome } from '../events.ts';
export { engineContract } from '../rpc-contract.ts';
