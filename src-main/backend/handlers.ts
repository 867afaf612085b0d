import type { z } from 'zod';
import { StudioError, toErrorValue } from '../../src-shared/contract/errors.ts';
import {
  type RequestArgument,
  type RequestName,
  type RequestOutput,
  requests,
} from '../../src-shared/contract/requests.ts';
import { parseOptionsFor } from '../../src-shared/parse-options.ts';
import type { Store } from '../store/open-store.ts';
import { appHandlers } from './app/handlers.ts';
import { settingsHandlers } from './app/settings-handlers.ts';
import { tensorflowHandlers } from './app/tensorflow-handlers.ts';
import { bundleHandlers } from './bundles/handlers.ts';
import { demoHandlers } from './demo/demo-handlers.ts';
import { benchmarkHandlers } from './evaluation/benchmark-handlers.ts';
import { evaluateHandlers } from './evaluation/handlers.ts';
import { chatHandlers } from './generation/chat-handlers.ts';
import { classificationHandlers } from './generation/classification-handlers.ts';
import { embeddingHandlers } from './generation/embedding-handlers.ts';
import { generationHandlers } from './generation/handlers.ts';
import type { HandlerServices } from './jobs/handler-services.ts';
import { jobHandlers } from './jobs/handlers.ts';
import { adapterHandlers } from './library/adapters/adapter-handlers.ts';
import { datasetHandlers } from './library/datasets/dataset-handlers.ts';
import { exportHandlers } from './library/export/export-handlers.ts';
import { modelHandlers } from './library/models/model-handlers.ts';
import { pretrainHandlers } from './library/models/pretrain-handlers.ts';
import { mergeHandlers } from './merging/handlers.ts';
import { pruneHandlers } from './merging/prune-handlers.ts';
import { routeHandlers } from './merging/route-handlers.ts';
import { reportHandlers } from './reports/handlers.ts';
import { runHandlers } from './runs/handlers.ts';
import type { Handlers } from './services/handler.ts';
import { studyHandlers } from './studies/handlers.ts';
import { targetHandlers } from './targets/handlers.ts';

const schemas: {
  readonly [Name in RequestName]: { input: z.ZodType<RequestArgument<Name>>; output: z.ZodType<RequestOutput<Name>> };
} = requests;

export type Dispatch = (name: string, input: unknown) => Promise<unknown>;

/**
 * Dispatches requests to their handlers, validates arguments and results, and turns every failure into a StudioError.
 */
export function createDispatch(services: HandlerServices): Dispatch {
  const endpoints = new Map<string, (input: unknown) => Promise<unknown>>();
  const register = <Name extends RequestName>(handlers: Handlers<Name>): void => {
    for (const name of namesOf(handlers)) {
      if (endpoints.has(name)) throw new Error(`two handlers for the request ${name}`);
      endpoints.set(name, endpoint(name, handlers, services.store));
    }
  };
  register(appHandlers(services));
  register(settingsHandlers(services));
  register(modelHandlers(services));
  register(datasetHandlers(services));
  register(runHandlers(services));
  register(adapterHandlers(services));
  register(evaluateHandlers(services));
  register(benchmarkHandlers(services));
  register(exportHandlers(services));
  register(generationHandlers(services));
  register(embeddingHandlers(services));
  register(classificationHandlers(services));
  register(chatHandlers(services));
  register(pretrainHandlers(services));
  register(mergeHandlers(services));
  register(pruneHandlers(services));
  register(routeHandlers(services));
  register(studyHandlers(services));
  register(bundleHandlers(services));
  register(demoHandlers(services));
  register(reportHandlers(services));
  register(jobHandlers(services));
  register(tensorflowHandlers(services));
  register(targetHandlers(services));
  for (const name of Object.keys(requests))
    if (!endpoints.has(name)) throw new Error(`no handler for the request ${name}`);

  return async (name, input) => {
    const call = endpoints.get(name);
    if (call === undefined) throw new StudioError('not_found', `There is no request named "${name}".`);
    try {
      return await call(input);
    } catch (thrown) {
      const error = thrown instanceof StudioError ? thrown : StudioError.fromValue(toErrorValue(thrown));
      const fields = { request: name, err: error };
      if (error.code === 'internal') services.log.error(fields, 'a request failed');
      else services.log.debug(fields, 'a request was refused');
      throw error;
    }
  };
}

/** Validates, handles and answers a request. Rows that it has written survive a loss of power once it is answered. */
function endpoint<Name extends RequestName>(
  name: Name,
  handlers: Handlers<Name>,
  store: Pick<Store, 'rowsWritten' | 'sync'>,
): (input: unknown) => Promise<unknown> {
  const { input: inputSchema, output: outputSchema } = schemas[name];
  const handler = handlers[name];
  return async (input) => {
    const argument = inputSchema.parse(input, parseOptionsFor(input));
    const written = store.rowsWritten();
    const answering = handler(argument);
    // Jobs write while a handler waits, so that of one that answers at once only its own rows count.
    const atOnce = answering instanceof Promise ? null : store.rowsWritten();
    const answer: unknown = await answering;
    if ((atOnce ?? store.rowsWritten()) !== written) store.sync();
    const checked = outputSchema.safeParse(answer, parseOptionsFor(answer));
    if (!checked.success)
      throw new StudioError(
        'internal',
        `The result of ${name} does not match the contract.`,
        'This is a bug in the studio.',
        checked.error.message,
      );
    return checked.data;
  };
}

function namesOf<Name extends RequestName>(handlers: Handlers<Name>): Name[] {
  return Object.keys(handlers).filter((name): name is Name => Object.hasOwn(requests, name));
}
