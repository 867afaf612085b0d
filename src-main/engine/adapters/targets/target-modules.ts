import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { compilePythonRegex, patternClock, tooSlow } from './python-regex.ts';

/** The keys of PEFT's config that say where adapters go. */
export interface TargetConfig {
  readonly target_modules: string | readonly string[] | null;
  readonly exclude_modules?: string | readonly string[] | null;
  readonly layers_to_transform?: number | readonly number[] | null;
  readonly layers_pattern?: string | readonly string[] | null;
  readonly modules_to_save?: readonly string[] | null;
  readonly target_parameters?: readonly string[] | null | undefined;
}

/** Function that returns a module's names: today's, or those of older transformers. */
type Dialect = (module: LinearModule) => readonly string[];
const todaysNames: Dialect = (module) => [module.name];
const olderNames: Dialect = (module) => module.aliases;
/** A module's names: today's, then those of older transformers. */
export const everyName: Dialect = (module) => [module.name, ...module.aliases];

/**
 * The linears that get an adapter, from the input up, by PEFT's rules (tuners_utils.check_target_module_exists): a string is
 * a regular expression for the full name, a list holds names or their ends; modules_to_save and exclude_modules are left
 * out; layers_to_transform filters what was matched by its end. Names of older transformers count as well; a regular
 * expression is tried on today's names first, then, where it meets nothing, on the older ones.
 *
 * Two things are wider than PEFT: "all-linear" always leaves out the task head (PEFT does not for a ViT without task_type),
 * and it may be combined with layers_to_transform.
 *
 * @throws StudioError invalid_input when nothing matches, naming the targets and what the base has.
 */
export function resolveTargetModules(config: TargetConfig, description: ModelDescription): LinearModule[] {
  const targets = config.target_modules;
  refuseLonePattern(config);
  const experts = targetExperts(config, description);
  if ((targets === null || targets.length === 0) && experts.length > 0) return experts;
  if (targets === null || targets.length === 0)
    throw new StudioError(
      'invalid_input',
      'target_modules is empty: it must name the linears that get an adapter.',
      `This base has ${availableNames(description)}.`,
    ).at('adapter.target_modules');
  const linears = sortByDepth(description).filter(({ expert }) => expert === undefined);
  const candidates = withoutSaved(linears, config.modules_to_save ?? []);
  const remaining = withoutExcluded(candidates, config.exclude_modules ?? null);
  const chosen = targets === 'all-linear' ? allLinear(remaining, config) : matching(remaining, targets, config);
  if (chosen.length === 0) throw nothingMatches(config, description);
  return experts.length === 0 ? chosen : sortByDepth({ ...description, linears: [...chosen, ...experts] });
}

/** Returns true if an entry of target_parameters is the parameter's name or its end. */
export function targetsParameter({ target_parameters }: TargetConfig, parameter: string): boolean {
  return (target_parameters ?? []).some((entry) => endsWithEntry(parameter, entry));
}

/**
 * The linears of the experts whose parameters target_parameters names.
 * @throws StudioError invalid_input for an entry that is no parameter of experts
 */
function targetExperts(config: TargetConfig, description: ModelDescription): LinearModule[] {
  const parameters = new Set(description.linears.flatMap(({ expert }) => expert?.parameter ?? []));
  const unknown = config.target_parameters?.find((entry) => ![...parameters].some((one) => endsWithEntry(one, entry)));
  if (unknown !== undefined) {
    const ends = new Set([...parameters].map((name) => name.split('.').slice(-3).join('.')));
    throw new StudioError(
      'invalid_input',
      `target_parameters: the base has no experts' parameter "${unknown}".`,
      parameters.size === 0 ? 'It is no mixture of experts: leave it empty.' : `It has ${[...ends].join(', ')}.`,
    ).at('adapter.target_parameters');
  }
  return description.linears.filter(({ expert }) => expert && targetsParameter(config, expert.parameter));
}

/** The names by which patterns, such as those of rank_pattern, mean a module; an expert goes by its parameter. */
export function patternNames({ name, aliases, expert }: LinearModule): string[] {
  return expert ? [expert.parameter] : [name, ...aliases];
}

/** The linears in the order in which the input meets them: embedding, layers, head. */
export function sortByDepth(description: ModelDescription): LinearModule[] {
  const rank = (module: LinearModule) =>
    module.layer ?? (isBelowLayers(module) ? -1 : module.isHead ? description.layerCount + 1 : description.layerCount);
  return [...description.linears].sort((one, other) => rank(one) - rank(other));
}

/** The modules of the base that an adapter has tensors for, from the input up. */
export function modulesOf(
  { modules }: { readonly modules: Pick<ReadonlyMap<string, unknown>, 'has'> },
  description: ModelDescription,
): LinearModule[] {
  return sortByDepth(description).filter(({ name }) => modules.has(name));
}

/**
 * Returns true if the input reaches the module before the layers: an embedding, or a linear layer among the embeddings.
 */
export function isBelowLayers({ name, layer, kind, isHead, place }: LinearModule): boolean {
  if (layer !== null || isHead) return false;
  return kind === 'embedding' || place === 'before-layers' || name.includes('embeddings.');
}

/** The linear that goes by `name` in today's or in older transformers, or in a language model without its head; null where the base has none. */
export function findLinear(description: ModelDescription, name: string): LinearModule | null {
  return (
    description.linears.find((module) => module.name === name) ??
    description.linears.find((module) => module.aliases.includes(name)) ??
    (description.kind === 'causal-lm' ? description.linears.find((module) => withoutPrefix(module) === name) : null) ??
    null
  );
}

/** A module's name in the model without a head: without `model.` or `transformer.`. */
function withoutPrefix({ name, isHead }: LinearModule): string | null {
  return isHead ? null : name.slice(name.indexOf('.') + 1);
}

/**
 * Counterpart of `findLinear` for required layers. @throws StudioError refused if the base has no such linear layer for
 * an adapter.
 */
export function requireLinear(description: ModelDescription, name: string): LinearModule {
  const module = findLinear(description, name);
  if (module) return module;
  throw new StudioError('refused', `The base has no linear layer ${name}, which the adapter is for.`);
}

/** Returns true if `entry` is the name or its last parts, PEFT's rule for list entries. */
export function endsWithEntry(name: string, entry: string): boolean {
  return name === entry || name.endsWith(`.${entry}`);
}

/**
 * Returns true if an entry of modules_to_save means the module `name`. PEFT's rule: the module, or a module that
 * contains it, ends with the entry ("classifier" also means classifier.out_proj and pre_classifier).
 */
export function isSavedBy(name: string, entry: string): boolean {
  for (let end = name.indexOf('.'); end >= 0; end = name.indexOf('.', end + 1))
    if (name.endsWith(entry, end)) return true;
  return name.endsWith(entry);
}

/** Without the modules that by an entry of modules_to_save are trained and saved as a whole. */
function withoutSaved(modules: LinearModule[], entries: readonly string[]): LinearModule[] {
  // An entry of one part is compared with the parts: five thousand entries must not be as many expressions.
  const parts = new Set(entries.filter((entry) => /^[\w-]+$/.test(entry)));
  const written = entries.filter((entry) => !parts.has(entry));
  const clock = patternClock();
  return clock.run(tooSlow('modules_to_save', written[0] ?? ''), () => {
    const expressions = written.map((entry) =>
      compilePythonRegex(`(^|.*\\.)${entry}($|\\..*)`, 'start', 'modules_to_save', clock),
    );
    const isSaved = (name: string) =>
      name.split('.').some((part) => parts.has(part)) || expressions.some((expression) => expression.test(name));
    return modules.filter((module) => !everyName(module).some(isSaved));
  });
}

function withoutExcluded(modules: LinearModule[], excluded: string | readonly string[] | null): LinearModule[] {
  if (excluded === null || excluded.length === 0) return modules;
  if (typeof excluded !== 'string')
    return modules.filter(
      (module) => !everyName(module).some((name) => excluded.some((entry) => endsWithEntry(name, entry))),
    );
  const matched = new Set(wholeNames(modules, excluded, 'exclude_modules'));
  return modules.filter((module) => !matched.has(module));
}

function allLinear(modules: LinearModule[], config: TargetConfig): LinearModule[] {
  const isInLayers = layersTest(config);
  return modules.filter(
    (module) =>
      module.kind === 'linear' && !module.isHead && (isInLayers === null || everyName(module).some(isInLayers)),
  );
}

function matching(modules: LinearModule[], targets: string | readonly string[], config: TargetConfig): LinearModule[] {
  if (typeof targets !== 'string') {
    const isInLayers = layersTest(config);
    return modules.filter((module) => everyName(module).some((name) => matchesList(name, targets, isInLayers)));
  }
  if (usesLayers(config))
    throw new StudioError(
      'invalid_input',
      'layers_to_transform cannot be used when target_modules is a regular expression.',
      'Name the layers inside the expression, or give target_modules as a list.',
    ).at('adapter.layers_to_transform');
  return wholeNames(modules, targets, 'target_modules');
}

/** The modules whose names the expression matches in full: today's, or, where it meets none, the older ones. */
function wholeNames(modules: LinearModule[], expression: string, field: string): LinearModule[] {
  const clock = patternClock();
  const pattern = compilePythonRegex(expression, 'full', field, clock);
  return clock.run(tooSlow(field, expression), () => {
    for (const names of [todaysNames, olderNames]) {
      const found = modules.filter((module) => names(module).some((name) => pattern.test(name)));
      if (found.length > 0) return found;
    }
    return [];
  });
}

/** A name given in full is taken whatever its layer, as PEFT does. */
function matchesList(name: string, targets: readonly string[], isInLayers: ReturnType<typeof layersTest>): boolean {
  if (targets.includes(name)) return true;
  if (!targets.some((target) => name.endsWith(`.${target}`))) return false;
  return isInLayers === null || isInLayers(name);
}

function usesLayers(config: TargetConfig): boolean {
  const layers = config.layers_to_transform ?? null;
  return typeof layers === 'number' || (layers !== null && layers.length > 0);
}

/** @throws StudioError invalid_input for a layers_pattern that PEFT would not know what to do with. */
function refuseLonePattern(config: TargetConfig): void {
  if ((config.layers_pattern ?? []).length === 0 || usesLayers(config)) return;
  throw new StudioError(
    'invalid_input',
    'layers_pattern is given without layers_to_transform, which alone it serves.',
    'Set layers_to_transform to the layers that get an adapter, or leave layers_pattern out.',
  ).at('adapter.layers_pattern');
}

/** Returns a test for names in layers_to_transform; null if these are not set. */
function layersTest(config: TargetConfig): ((name: string) => boolean) | null {
  if (!usesLayers(config)) return null;
  const layers = config.layers_to_transform ?? [];
  const given = config.layers_pattern ?? [];
  const patterns = (typeof given === 'string' ? [given] : given).filter((pattern) => pattern !== '');
  const clock = patternClock();
  const expressions = (patterns.length === 0 ? ['[^.]*'] : patterns).map((pattern) =>
    compilePythonRegex(`.*\\.${pattern}\\.(?<layerIndex>\\d+)\\.`, 'start', 'layers_pattern', clock),
  );
  return (name) => {
    const index = expressions.map((expression) => expression.exec(name)).find((match) => match !== null)?.groups?.[
      'layerIndex'
    ];
    if (index === undefined) return false;
    return typeof layers === 'number' ? layers === Number(index) : layers.includes(Number(index));
  };
}

function nothingMatches(config: TargetConfig, description: ModelDescription): StudioError {
  const targets = config.target_modules;
  const named =
    typeof targets === 'string' ? `"${targets}"` : (targets ?? []).map((target) => `"${target}"`).join(', ');
  const narrowed = [
    config.exclude_modules && config.exclude_modules.length > 0 ? 'exclude_modules' : null,
    usesLayers(config) ? `layers_to_transform (the base has layers 0 to ${description.layerCount - 1})` : null,
  ].filter((reason) => reason !== null);
  const after = narrowed.length > 0 ? ` once ${narrowed.join(' and ')} narrowed them` : '';
  const isName = typeof targets === 'string' && description.linears.some(({ name }) => lastName(name) === targets);
  return new StudioError(
    'invalid_input',
    `target_modules: no linear layer of the base matches ${named}${after}.`,
    isName
      ? `A string is a regular expression for whole names, as in PEFT: write a list, [${targets}].`
      : `This base has ${availableNames(description)}.`,
  ).at('adapter.target_modules');
}

/** The last names of the base's linears, each once: "q_proj, k_proj, ...". */
function availableNames(description: ModelDescription): string {
  const linears = description.linears.filter(({ expert }) => expert === undefined);
  return [...new Set(linears.map((module) => lastName(module.name)))].join(', ');
}

/** The last part of a module's name, e.g. q_proj; with the one before where it is a number, e.g. to_out.0. */
export function lastName(name: string): string {
  const parts = name.split('.');
  return parts.slice(/^\d+$/.test(parts.at(-1) ?? '') ? -2 : -1).join('.');
}
