import type { Command } from 'commander';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';

/** A declaration whose parameters a command's help shows on request: a merge method, an adapter variant, the settings of a run. */
export type HelpGroup = Pick<Declaration, 'id' | 'label' | 'summary' | 'paper' | 'card' | 'parameters'>;

/** Groups of one kind, e.g. every merge method. */
export interface HelpGroups {
  /** In the plural, e.g. "Methods". `--help methods` describes each. */
  readonly heading: string;
  /** Singular noun for messages, e.g. "method". */
  readonly noun: string;
  /** Option whose value is the id of a group, e.g. "--method"; null if another place names it. */
  readonly option: string | null;
  /** True if each parameter is an option of the command; else parameters are keys of a file and of --set. */
  readonly areOptions: boolean;
  readonly groups: readonly HelpGroup[];
}

const groupsOf = new WeakMap<Command, HelpGroups[]>();

export function addHelpGroups(command: Command, groups: HelpGroups): void {
  groupsOf.set(command, [...helpGroups(command), groups]);
}

/** Groups of a command, in the order in which its help lists them. */
export function helpGroups(command: Command): readonly HelpGroups[] {
  return groupsOf.get(command) ?? [];
}
