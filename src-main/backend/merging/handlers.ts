import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation.ts';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { checkedParameters } from '../../engine/checked-parameters.ts';
import { mergeMethod } from '../../engine/merge/index.ts';
import { refuseIllegal } from '../../engine/merge/merge-method.ts';
import { checkFingerprints, preflightLines } from '../../engine/merge/preflight.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import { mergeJob } from '../jobs/merge.ts';
import { requireAdapter } from '../library/adapters.ts';
import { requireModel } from '../library/models.ts';
import type { HandlerServices } from '../services.ts';
import { OutlineCache } from './outline-cache.ts';

interface Request {
  readonly adapters: readonly { readonly adapterId: string; readonly weight: number }[];
  readonly method: string;
  readonly parameters: ParameterValues;
}

export function mergeHandlers(services: HandlerServices): Handlers<NamesOf<'merge'>> {
  const { store, queue } = services;
  const outlines = new OutlineCache();
  return {
    'merge.preflight': (request) => preflight(services, outlines, request),
    'merge.start': async (request) => {
      refuseIllegal(await preflight(services, outlines, request));
      const method = mergeMethod(request.method);
      const names = request.adapters.map(({ adapterId }) => requireAdapter(store, adapterId).name);
      const name = request.name ?? `${method.declaration.label} of ${names.join(' + ')}`;
      const { adapters, parameters, eval_samples } = request;
      return queue.add(
        mergeJob,
        { title: `${method.declaration.label} of ${names.join(' + ')}`, subjectId: null },
        { name, adapters, method: request.method, parameters, eval_samples },
      );
    },
  };
}

/**
 * Checks the bases, then runs the method's own checks if the base is common. Reads no tensor: a moving slider
 * requests this many times a second.
 */
async function preflight(
  { store, home }: HandlerServices,
  outlines: OutlineCache,
  request: Request,
): Promise<PreflightLine[]> {
  const method = mergeMethod(request.method);
  const parameters = checkedParameters(method.declaration, request.parameters);
  const adapters = request.adapters.map(({ adapterId }) => requireAdapter(store, adapterId));
  const models = new Map<string, ModelRecord>();
  for (const { modelId } of adapters) models.set(modelId, models.get(modelId) ?? requireModel(store, modelId));
  const modelOf = ({ modelId }: AdapterRecord) => models.get(modelId) ?? requireModel(store, modelId);
  const names = adapters.map((adapter) => `"${adapter.name}"`);
  const base = checkFingerprints(
    adapters.map((adapter) => modelOf(adapter).description.fingerprint),
    names,
  );
  if (base.verdict === 'refused') return [base];
  const inputs = await Promise.all(
    adapters.map((adapter) => outlines.read(home.absolute(adapter.folder), modelOf(adapter).description)),
  );
  const weights = request.adapters.map(({ weight }) => weight);
  const layerCount = adapters[0] ? modelOf(adapters[0]).description.layerCount : 0;
  return [base, ...preflightLines(method, inputs, weights, parameters, { names, layerCount })];
}
