import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation/evaluation.ts';
import type { IdentityOutcome, MergeInput } from '../../../src-shared/domain/merging/merge.ts';
import type { UpdateProducts } from '../../../src-shared/domain/merging/update-products.ts';
import { writesText } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { readAdapter } from '../../engine/api/adapters.ts';
import {
  checkFingerprints,
  checkPrompts,
  compareFolders,
  identityTest,
  isUsed,
  looksAtData,
  mergeMethod,
  ok,
  preflightLines,
  productsOfFolders,
  refused,
  refuseIllegal,
  searchOf,
  warning,
} from '../../engine/api/merging.ts';
import { requireTask } from '../../engine/api/tasks.ts';
import type { TokenizerIdentity } from '../../engine/api/text.ts';
import { FolderCache } from '../../files/folder-cache.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { AdapterBase } from '../library/adapters/adapter-base.ts';
import { baseOf } from '../library/adapters/adapter-base.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { settingsOf } from '../library/adapters/task-settings.ts';
import { requireDataset } from '../library/datasets/datasets.ts';
import { requireModel } from '../library/models/models.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';
import { mergeJob } from './merge-job.ts';
import { OutlineCache } from './outline-cache.ts';

const nothing = { tokenizer: null, template: null };

/** Checks tokenizers, chat templates and prompts of adapters whose base reads text; no lines for others. */
class PromptCheck {
  private readonly identities = new FolderCache<TokenizerIdentity | null>(64);

  async lines(
    { store, home, reader }: Pick<HandlerServices, 'store' | 'home' | 'reader'>,
    { description, model }: AdapterBase,
    adapters: readonly AdapterRecord[],
    names: readonly string[],
  ): Promise<PreflightLine[]> {
    if (description.text === null || adapters.length < 2) return [];
    const facts = await Promise.all(
      adapters.map(async (adapter) => ({
        ...(await this.identity(reader, home.absolute(adapter.folder))),
        // Only what a language model reads is written by a template.
        settings: writesText(description) ? settingsOf(store, adapter) : null,
      })),
    );
    const base = model === null ? nothing : await this.identity(reader, model.path);
    return checkPrompts(facts, names, base);
  }

  /** A tokenizer that cannot be read says nothing here: what needs it says why. */
  private async identity(
    reader: HandlerServices['reader'],
    folder: string,
  ): Promise<Pick<TokenizerIdentity, 'template'> & { tokenizer: string | null }> {
    try {
      return (await this.identities.read([folder], '', () => reader.read('tokenizerIdentity', { folder }))) ?? nothing;
    } catch (error) {
      if (error instanceof StudioError || (error instanceof Error && 'code' in error)) return nothing;
      throw error;
    }
  }
}

interface Request {
  readonly adapters: readonly MergeInput[];
  readonly method: string;
  readonly parameters: ParameterValues;
}

export function mergeHandlers(services: HandlerServices): Handlers<NamesOf<'merge'>> {
  const { store, queue } = services;
  const caches: Caches = {
    outlines: new OutlineCache(),
    prompts: new PromptCheck(),
    products: new FolderCache(keptProducts),
  };
  return {
    'merge.preflight': (request) => preflight(services, caches, request),
    'merge.products': ({ adapters: ids }) => products(services, caches, ids),
    'merge.mergeability': async ({ adapters: asked, seed }) => {
      const weighted = asked.filter(({ weight }) => isUsed(weight));
      const adapters = weighted.map(({ adapterId }) => requireAdapter(store, adapterId));
      const names = adapters.map(({ name }) => name);
      refuseIllegal([checkBases(store, adapters, names)]);
      const { description } = await baseOf(services, adapters);
      return compareFolders(
        adapters.map(({ folder }) => services.home.absolute(folder)),
        {
          description,
          names,
          weights: weighted.map(({ weight }) => weight),
          seed,
          onModule: otherRequests,
        },
      );
    },
    'merge.identity': async ({ adapterId, method: id, parameters: given }) => {
      const method = mergeMethod(id);
      const parameters = checkedParameters(method.declaration, given);
      if (method.makes === 'outputs') return untested('An ensemble makes no adapter.');
      if (looksAtData(method, parameters)) return untested('The method looks at data: only a merge runs it.');
      const adapter = requireAdapter(store, adapterId);
      const { description, model } = await baseOf(services, [adapter]);
      const base = { description, directory: model?.path ?? null };
      const state = await readAdapter(services.home.absolute(adapter.folder), description);
      return identityTest({ method, parameters, base, onModule: otherRequests }, state);
    },
    'merge.start': async (request) => {
      refuseIllegal(await preflight(services, caches, request));
      for (const id of request.datasets) requireFit(services, request.adapters, id);
      const method = mergeMethod(request.method);
      const names = request.adapters.map(({ adapterId }) => requireAdapter(store, adapterId).name);
      const title = `${method.declaration.label} of ${describeInputs(names)}`;
      const name = request.name ?? title;
      const { adapters, parameters, datasets, eval_samples, tuning_samples, placebos } = request;
      return queue.add(
        mergeJob,
        { title, subjectId: null },
        { name, adapters, method: request.method, parameters, datasets, eval_samples, tuning_samples, placebos },
      );
    },
  };
}

/** @throws StudioError where the base of the adapters cannot be scored on a dataset */
function requireFit({ store }: HandlerServices, [first]: readonly MergeInput[], datasetId: string): void {
  const { description } = requireDataset(store, datasetId);
  const modelId = first ? requireAdapter(store, first.adapterId).modelId : null;
  if (modelId !== null) requireTask('auto', requireModel(store, modelId).description, description);
}

/** Other requests have their turn between modules. */
function otherRequests(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function untested(reason: string): IdentityOutcome[] {
  return (['alone', 'twice'] as const).map((of) => ({ of, exact: false, error: null, module: null, reason }));
}

/** Benches whose products are kept: a person goes back and forth between few. */
const keptProducts = 16;

interface Caches {
  readonly outlines: OutlineCache;
  readonly prompts: PromptCheck;
  readonly products: FolderCache<UpdateProducts>;
}

async function products(
  services: HandlerServices,
  { products: kept }: Caches,
  ids: readonly string[],
): Promise<UpdateProducts> {
  const { store, home } = services;
  const adapters = ids.map((id) => requireAdapter(store, id));
  const names = adapters.map(({ name }) => name);
  refuseIllegal([checkBases(store, adapters, names)]);
  const { description } = await baseOf(services, adapters);
  const folders = adapters.map(({ folder }) => home.absolute(folder));
  return kept.read(folders, description.fingerprint, () =>
    productsOfFolders(folders, { description, names, onModule: otherRequests }),
  );
}

/**
 * Checks the bases, then runs the method's own checks if the base is common. Reads no tensor: a moving slider
 * requests this many times a second.
 */
async function preflight(
  { store, home, reader }: HandlerServices,
  { outlines, prompts }: Caches,
  request: Request,
): Promise<PreflightLine[]> {
  const method = mergeMethod(request.method);
  const parameters = checkedParameters(method.declaration, request.parameters);
  const adapters = request.adapters.map(({ adapterId }) => requireAdapter(store, adapterId));
  const names = adapters.map((adapter) => `"${adapter.name}"`);
  const line = checkBases(store, adapters, names);
  if (line.verdict === 'refused') return [line];
  const base = await baseOf({ store, home }, adapters);
  const { description } = base;
  const inputs = await Promise.all(adapters.map(({ folder }) => outlines.read(home.absolute(folder), description)));
  const weights = request.adapters.map(({ weight }) => weight);
  const { layerCount } = description;
  const data = !looksAtData(method, parameters)
    ? []
    : [checkData(adapters, names, searchOf(parameters) ? 'The search' : method.declaration.label)];
  return [
    line,
    ...preflightLines(method, inputs, weights, parameters, { names, layerCount }),
    ...(await prompts.lines({ store, home, reader }, base, adapters, names)),
    ...data,
  ];
}

/**
 * "a + b", or "a and 5 more" where there are many, as of a run's checkpoints. Leading parts that all names have are
 * written once: "LoRA · digits · seed 1 + seed 2".
 */
export function describeInputs(names: readonly string[]): string {
  if (names.length > 4) return `${names[0]} and ${names.length - 1} more`;
  const [first = [], ...others] = names.map((name) => name.split(separator));
  const differing = first.findIndex((part, at) => others.some((parts) => parts[at] !== part));
  if (others.length === 0 || differing < 1) return names.join(' + ');
  const rests = [first, ...others].map((parts) => parts.slice(differing).join(separator));
  return rests.includes('') ? names.join(' + ') : [...first.slice(0, differing), rests.join(' + ')].join(separator);
}

/** Between the parts of a run's name. */
const separator = ' · ';

/** A method that looks at data takes examples of each adapter's dataset. */
function checkData(adapters: readonly AdapterRecord[], names: readonly string[], label: string): PreflightLine {
  const without = adapters.findIndex(({ datasetId, modelId }) => datasetId === null || modelId === null);
  if (without < 0)
    return ok('data', `${label} looks at training examples of each adapter's dataset; scores are of the test split.`);
  const reason = adapters[without]?.modelId === null ? 'its base is not in the studio' : 'its dataset is not known';
  return refused(
    'data',
    `${label} looks at training examples, and there are none of ${names[without]}: ${reason}.`,
    'Choose a method that needs no data and no search, or adapters that were trained in the studio.',
    without,
  );
}

/** Bases of the studio by their fingerprints; of others only the adapters' own tensors can tell whether they agree. */
function checkBases(
  store: HandlerServices['store'],
  adapters: readonly AdapterRecord[],
  names: readonly string[],
): PreflightLine {
  const foreign = adapters.findIndex(({ modelId }) => modelId === null);
  const known = adapters.flatMap(({ modelId }, at) =>
    modelId === null
      ? []
      : [{ fingerprint: requireModel(store, modelId).description.fingerprint, name: names[at] ?? '', at }],
  );
  const line = checkFingerprints(
    known.map(({ fingerprint }) => fingerprint),
    known.map(({ name }) => name),
  );
  // Its place among the known bases is another than on the bench.
  if (line.verdict === 'refused') return { ...line, adapter: known[line.adapter ?? 0]?.at ?? null };
  if (foreign < 0) return line;
  return warning(
    'base',
    `The base of ${names[foreign]} is not in the studio: the shapes of the adapters are compared, the bases cannot be.`,
    'Merge only adapters that were trained on the same base.',
    foreign,
  );
}
