import { StudioError } from '../../../src-shared/contract/errors.ts';
import { parameterSchema } from '../../../src-shared/domain/parameters/parameter.ts';
import type { TargetRecord } from '../../../src-shared/domain/targets/target.ts';
import { anyPath } from '../services/path-access.ts';
import type { Services } from '../services/services.ts';
import { targets } from './index.ts';
import { requireHost } from './run-program.ts';
import type { Target } from './target.ts';

interface ResolvedTarget {
  readonly target: Target;
  readonly record: TargetRecord;
}

/**
 * The target of a name: one that was added, or a kind with its usual parameters: slurm, slurm:login1.
 * @throws StudioError not_found, with those that there are
 */
export function resolveTarget({ store }: Pick<Services, 'store'>, name: string): ResolvedTarget {
  const saved = store.targets.find(name);
  if (saved !== null) return { target: requireKind(saved.kind), record: saved };
  const [kind = '', ...rest] = name.split(':');
  const target = targets.find(({ declaration }) => declaration.id === kind);
  if (target === undefined) {
    const names = [...store.targets.list().map((one) => one.name), ...targets.map(({ declaration }) => declaration.id)];
    throw new StudioError(
      'not_found',
      `There is no target "${name}".`,
      `There are: ${[...new Set(names)].join(', ')}; a Slurm on another machine is slurm:HOST. Add one with a name: coto targets add.`,
    );
  }
  const host = rest.length === 0 ? null : rest.join(':');
  checkHost(target, host);
  const parameters = parameterSchema(target.declaration.parameters).parse({});
  return { target, record: { name, kind, host, parameters, isSaved: false } };
}

/**
 * Counterpart of `resolveTarget` for a target that is being named now. A study that was created for a target names one
 * that was allowed then.
 * @throws StudioError refused for a host that only the window names
 */
export function requireTarget(services: Pick<Services, 'store' | 'paths'>, name: string): ResolvedTarget {
  const resolved = resolveTarget(services, name);
  if (!resolved.record.isSaved && resolved.record.host !== null) requireCommand(services);
  return resolved;
}

/** Only a user at the terminal may say what a target runs, and where; the window runs added targets only. */
export function requireCommand({ paths }: Pick<Services, 'paths'>): void {
  if (paths !== anyPath)
    throw new StudioError(
      'refused',
      'A target is added by the command: it says which programs are run, and on which machines.',
      'In a terminal: coto targets add.',
    );
}

/** @throws StudioError invalid_input for a host that it does not take */
export function checkHost({ takesHost, declaration }: Target, host: string | null): void {
  if (host === null) return;
  requireHost(host);
  if (!takesHost)
    throw new StudioError(
      'invalid_input',
      `${declaration.label} is not at a host.`,
      `Name it without one: ${declaration.id}.`,
    );
}

/** @throws StudioError not_found */
export function requireKind(kind: string): Target {
  const target = targets.find(({ declaration }) => declaration.id === kind);
  if (target !== undefined) return target;
  throw new StudioError(
    'not_found',
    `There is no kind of target "${kind}".`,
    `There are: ${targets.map(({ declaration }) => declaration.id).join(', ')}.`,
  );
}
