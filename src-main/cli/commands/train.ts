import { type Command, InvalidArgumentError } from 'commander';
import { type Document, isMap, parseDocument } from 'yaml';
import { z } from 'zod';
import { inField, StudioError } from '../../../src-shared/contract/errors.ts';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import { adapterParameters, isFlatParameter } from '../../../src-shared/domain/adapters/adapter.ts';
import { areConversations } from '../../../src-shared/domain/data/dataset.ts';
import { answerNotes } from '../../../src-shared/domain/evaluation/answer-counts.ts';
import { tokensRemedy, untrainedNote } from '../../../src-shared/domain/models/untrained-tokens.ts';
import { cotoDeclaration } from '../../../src-shared/domain/runs/coto.ts';
import { type RunConfig, runParameters } from '../../../src-shared/domain/runs/run.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { exceedsTensor, memoryVerdict, neededBytes } from '../../../src-shared/results/memory-verdict.ts';
import { catalog } from '../../backend/index.ts';
import { parseYaml } from '../../files/yaml.ts';
import { type Answer, addCommand, type CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { followJob } from '../follow.ts';
import { countBySuffix, formatSummary, onDevice } from '../format.ts';
import { addHelpGroups, type HelpGroup } from '../help/groups.ts';
import { findAdapter, findDataset, findModel } from '../references.ts';
import { describeRun, namesOfRun } from '../run-text.ts';
import type { Terminal } from '../terminal.ts';
import { readTextFile } from '../yaml-file.ts';

export function addTrainCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'train [file]',
    summary: "train an adapter as a run's YAML file says; without a file, with the defaults",
    options(command) {
      command
        .option(
          '--set <key=value...>',
          'change a key of the file, e.g. learning_rate=2e-4 or coto.initial_p=0.2',
          collectAssignment,
        )
        .option('--name <name>', 'what to call the run')
        .option('--tag <tag...>', 'tags of the run')
        .option('--dry-run', 'only show the estimate: steps, parameters, memory')
        .option('--anyway', 'start also where the estimate needs more memory than is free');
      addRunHelp(command);
    },
    input: z.object({
      file: z.string().optional(),
      set: z.array(z.tuple([z.string(), z.string()])).default([]),
      name: z.string().optional(),
      tag: z.array(z.string()).default([]),
      dryRun: z.boolean().default(false),
      anyway: z.boolean().default(false),
    }),
    async run({ file, set, name, tag, dryRun, anyway }, { terminal, withStudio }) {
      return withStudio(async (client) => {
        const config = await readRun(client, file, set, terminal);
        if (dryRun) {
          const estimate = await client.request('runs.estimate', { config });
          await reportAnswers(client, config, terminal);
          return { json: { config, forecast: estimate }, text: estimateText(estimate) };
        }
        if (!anyway) refuseWithoutMemory(await client.request('runs.estimate', { config }));
        await reportAnswers(client, config, terminal);
        const { run, job } = await client.request('runs.create', {
          config,
          tags: tag,
          ...(name === undefined ? {} : { name }),
        });
        return followRun(client, run.id, job, terminal);
      });
    },
  });
}

/** Lists the keys of a run's file in the help: those of the run, of the adapter, of CoTo, and of each variant. */
function addRunHelp(command: Command): void {
  const settings: HelpGroup[] = [
    { id: 'run', label: 'a run', summary: 'Keys of the file and of --set.', parameters: runParameters() },
    {
      id: 'adapter',
      label: 'the adapter',
      summary: 'Keys that every variant has; adapter.variant names the variant.',
      parameters: adapterParameters(),
    },
    { ...cotoDeclaration, parameters: cotoDeclaration.parameters },
  ];
  const variants = catalog.adapterVariants.map(({ parameters, ...variant }) => ({
    ...variant,
    parameters: parameters.map((spec) => ({ ...spec, name: `adapter.${spec.name}` })),
  }));
  const isSetting = { option: null, areOptions: false };
  addHelpGroups(command, { heading: 'Settings', noun: 'part', ...isSetting, groups: settings });
  addHelpGroups(command, { heading: 'Variants', noun: 'variant', ...isSetting, groups: variants });
}

/** Reports the answers of the first training examples that the run would not learn. */
async function reportAnswers(client: StudioClient, config: RunConfig, terminal: Terminal): Promise<void> {
  const { description } = await client.request('models.get', { id: config.model });
  const dataset = await client.request('datasets.get', { id: config.dataset });
  const { text } = dataset.description;
  if (description.kind !== 'causal-lm' || text === null || !areConversations(text)) return;
  const { chat_template } = config;
  const request = { id: dataset.id, model: config.model, chat_template };
  const { answers, untrained } = await client.request('datasets.lengths', request);
  for (const note of answerNotes(answers)) terminal.report(`${note}\n`);
  const note = untrainedNote(untrained, config.adapter, description);
  if (note === null) return;
  const remedy = JSON.stringify(tokensRemedy(untrained, description));
  terminal.report(`${note} Train them: --set 'adapter.trainable_token_indices=${remedy}'\n`);
}

/** The run of a YAML file (without one: the defaults) with single keys changed; its model, dataset and seed adapter by their ids. */
export async function readRun(
  client: StudioClient,
  file: string | undefined,
  changes: readonly (readonly [string, string])[],
  terminal: Terminal,
): Promise<RunConfig> {
  const text = file === undefined ? '' : await readTextFile(file);
  const parsed = await parseRun(client, applyAssignments(text, changes), file, changes.length > 0);
  const model = (await inField('model', () => findModel(client, parsed.model))).id;
  const { init_adapter: seed } = parsed.adapter;
  const init_adapter =
    seed === null ? null : (await inField('adapter.init_adapter', () => findAdapter(client, seed, model))).id;
  const dataset = (await inField('dataset', () => findDataset(client, parsed.dataset, terminal))).id;
  return { ...parsed, model, dataset, adapter: { ...parsed.adapter, init_adapter } };
}

/** The run that the YAML says; a refusal names the file that it came from. */
async function parseRun(client: StudioClient, yaml: string, file: string | undefined, changed: boolean) {
  try {
    return await client.request('runs.parse', { yaml });
  } catch (thrown) {
    if (!(thrown instanceof StudioError) || file === undefined) throw thrown;
    const where = changed ? `${file} with what --set changes` : file;
    throw thrown.withMessage(`${where}: ${thrown.message}`);
  }
}

/** Shows a run's training until it ends. Ctrl+C pauses it at the next step, with all that is needed to go on. */
export async function followRun(
  client: StudioClient,
  runId: string,
  job: Parameters<typeof followJob>[1],
  terminal: Terminal,
): Promise<Answer> {
  const ended = await followJob(client, job, terminal, {
    interrupt: () => client.request('runs.pause', { id: runId }),
    interruptText: 'Pausing after this step … (Ctrl+C again to end at once)',
  }).catch(async (thrown: unknown) => {
    // The run knows more of the way out: the checkpoint from which it can go on.
    const { status, error } = await client.request('runs.get', { id: runId });
    if (status !== 'failed' || error === null || !(thrown instanceof StudioError)) throw thrown;
    throw new StudioError(thrown.code, error.message, error.hint, thrown.details);
  });
  const run = await client.request('runs.get', { id: runId });
  const adapter = run.adapterId === null ? null : await client.request('adapters.get', { id: run.adapterId });
  const paused = ended.status === 'paused';
  const next = paused ? `Paused at step ${run.step}. Resume it with: coto runs resume ${run.id}\n` : '';
  const text = describeRun(run, await namesOfRun(client, run)) + next;
  return { json: { run, adapter }, text, ...(paused ? { code: exitCodes.interrupted.code } : {}) };
}

/**
 * The file's text with single keys changed; a text that is no YAML is given back, so that its reader says what is
 * wrong.
 */
export function applyAssignments(text: string, assignments: readonly (readonly [string, string])[]): string {
  if (assignments.length === 0) return text;
  const written = parseDocument(text);
  const document = written.contents === null ? parseDocument('{}') : written;
  if (document.errors.length > 0) return text;
  for (const [key, value] of assignments) {
    const path = placeOf(document, key.split('.'));
    // `coto: null` or a missing key becomes an object where a key below it is set.
    for (let depth = 1; depth < path.length; depth++) {
      const parent = path.slice(0, depth);
      if (!isMap(document.getIn(parent))) document.setIn(parent, document.createNode({}));
    }
    document.setIn(path, textKeys.has(key) ? value : parseYaml(value, `--set ${key}`));
  }
  return document.toString();
}

/** Values that are texts as they are: `prompt_template={text}` is no object. */
const textKeys = new Set(['prompt_template', 'chat_template']);

/**
 * A parameter of the adapter is given beside its other keys or below `parameters`: where the file has it, else where it was
 * given.
 */
function placeOf(document: Document, path: readonly string[]): readonly string[] {
  const [first, ...keys] = path;
  const [name, ...below] = keys[0] === 'parameters' ? keys.slice(1) : keys;
  if (first !== 'adapter' || name === undefined || !isFlatParameter(name)) return path;
  const places = [
    ['adapter', name],
    ['adapter', 'parameters', name],
  ];
  const known = places.find((place) => document.hasIn(place));
  return known === undefined ? path : [...known, ...below];
}

/** For commander: one more `key=value`. */
export function collectAssignment(text: string, before: [string, string][] = []): [string, string][] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`"${text}" is not key=value.`);
  return [...before, [text.slice(0, at).trim(), text.slice(at + 1)]];
}

function estimateText(estimate: RequestOutput<'runs.estimate'>): string {
  return `${formatSummary([
    ['steps', String(estimate.totalSteps)],
    ['examples', String(estimate.trainExamples)],
    ['trainable', `${estimate.trainableParameters} of ${estimate.totalParameters} parameters`],
    ['groups', estimate.groups.join(', ')],
    ['target modules', countBySuffix(estimate.targetModules)],
    ['examples a step', `${estimate.microBatch.accumulation} × ${estimate.microBatch.size}`],
    ['memory', memoryText(estimate)],
  ])}\n${estimate.yaml}`;
}

/** @throws StudioError refused where the run needs more memory than is free */
function refuseWithoutMemory(estimate: RequestOutput<'runs.estimate'>): void {
  if (memoryVerdict(estimate, estimate) !== 'does not fit') return;
  const { freeMemoryBytes, tensorBytes, largestTensorBytes } = estimate;
  throw new StudioError(
    'refused',
    exceedsTensor(estimate, estimate)
      ? `A tensor of the run would have ${formatBytes(tensorBytes)}, and the graphics card allows ${formatBytes(largestTensorBytes ?? 0)}.`
      : `The run needs about ${formatBytes(neededBytes(estimate))} of memory, and ${formatBytes(freeMemoryBytes)} are free${onDevice(estimate)}.`,
    'Close other programs, or set gradient_checkpointing=true, auto_find_batch_size=true or a shorter max_length; --anyway starts it as it is.',
  );
}

/** "41.2 MiB of 12.0 GiB free: fits" */
function memoryText(estimate: RequestOutput<'runs.estimate'>): string {
  const room = `${formatBytes(estimate.freeMemoryBytes)} free${onDevice(estimate)}`;
  return `${formatBytes(neededBytes(estimate))} of ${room}: ${memoryVerdict(estimate, estimate)}`;
}
