import type { Command } from 'commander';
import { z } from 'zod';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import type { PlacedBundle, TargetProbe, TargetRecord } from '../../../src-shared/domain/targets/target.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { plural } from '../../../src-shared/format/numbers.ts';
import { catalog } from '../../backend/index.ts';
import { addCommand, addGroup, type CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatSummary, formatTable } from '../format.ts';
import { addHelpGroups } from '../help/groups.ts';
import { givenParameters, parseAssignment } from '../method-options.ts';

const byName = z.object({ name: z.string() });

export function addTargetCommands(parent: Command, context: CommandContext): void {
  const group = addGroup(
    parent,
    'targets',
    'places besides this machine that train the runs of a study: coto study --on',
  );
  addCommand(group, context, {
    usage: 'list',
    summary: 'list the targets that were added, and the kinds that there are',
    input: z.object({}),
    async run(_input, { withStudio }) {
      const { targets, kinds } = await withStudio((client) => client.request('targets.list', {}));
      const rows = targets.map((target) => [target.name, placeText(target), parametersText(target, kinds)]);
      const kindRows = kinds.map(({ id, takesHost, summary }) => [takesHost ? `${id}, ${id}:HOST` : id, summary]);
      return {
        json: { targets, kinds },
        text: [
          targets.length === 0 ? '' : `${formatTable(['name', 'kind', 'set'], rows)}\n`,
          formatTable(['kind', ''], kindRows),
        ].join(''),
      };
    },
  });

  addCommand(group, context, {
    usage: 'add <name> <kind>',
    summary: 'add a target by name, or change it: coto targets add lab slurm:login1 --set folder=/shared/coto gpus=1',
    options(command) {
      command.option('--set <name=value...>', 'its settings', parseAssignment);
      const groups = catalog.targets;
      addHelpGroups(command, { heading: 'Kinds', noun: 'kind', option: null, areOptions: false, groups });
    },
    input: z.object({ name: z.string(), kind: z.string(), set: z.record(z.string(), z.string()).default({}) }),
    async run({ name, kind: given, set }, { withStudio }) {
      const [kind = '', ...rest] = given.split(':');
      const parameters = givenParameters(catalog.targets, kind, { set }, 'kind of target');
      const host = rest.length === 0 ? null : rest.join(':');
      const target = await withStudio((client) => client.request('targets.save', { name, kind, host, parameters }));
      return {
        json: target,
        text: `Added ${target.name} (${placeText(target)}). Ask it what it has: coto targets probe ${target.name}\n`,
      };
    },
  });

  addCommand(group, context, {
    usage: 'probe <name>',
    summary: 'ask a target, and one of its nodes, for versions, GPUs, the shared folder, coto and the clock',
    input: byName,
    async run({ name }, { withStudio }) {
      const probe = await withStudio((client) => client.request('targets.probe', { name }));
      return {
        json: probe,
        text: probeText(probe),
        code: (probe.problems.length === 0 ? exitCodes.done : exitCodes.failed).code,
      };
    },
  });

  addCommand(group, context, {
    usage: 'clean <name>',
    summary:
      "list what this studio's studies have left in a target's folder, and remove it with --yes: never what runs, or has results that are not imported",
    options: (command) =>
      void command
        .option('--yes', 'remove what nothing needs any more')
        .option('--inputs', 'with --yes: also bases and data that no bundle there has any more'),
    input: byName.extend({ yes: z.boolean().default(false), inputs: z.boolean().default(false) }),
    async run({ name, yes, inputs }, { withStudio }) {
      return withStudio(async (client) => {
        const bundles = await client.request('targets.bundles', { name });
        if (!yes) return { json: bundles, text: bundlesText(name, bundles) };
        const folders = bundles.filter(({ keptFor }) => keptFor === null).map(({ folder }) => folder);
        const cleaned = await client.request('targets.clean', { name, folders, inputs });
        const kept = bundles.length - folders.length;
        return {
          json: cleaned,
          text: `Removed ${plural(cleaned.removed.length, 'bundle')} (${formatBytes(cleaned.freedBytes)})${kept === 0 ? '' : `; ${kept} stay: coto targets clean ${name}`}.\n`,
        };
      });
    },
  });

  addCommand(group, context, {
    usage: 'remove <name>',
    summary: 'remove an added target; jobs there continue',
    input: byName,
    async run({ name }, { withStudio }) {
      await withStudio((client) => client.request('targets.remove', { id: name }));
      return { json: { removed: name }, text: `Removed ${name}.\n` };
    },
  });
}

function bundlesText(name: string, bundles: readonly PlacedBundle[]): string {
  if (bundles.length === 0) return `No study has left anything on ${name}.\n`;
  const rows = bundles.map(({ folder, studyName, runs, bytes, keptFor }) => [
    ...[studyName ?? '(removed)', String(runs), formatBytes(bytes), folder],
    keptFor === null ? 'can be removed' : `stays: ${keptFor}`,
  ]);
  const isAny = bundles.some(({ keptFor }) => keptFor === null);
  const way = isAny ? `\nRemove those that can be: coto targets clean ${name} --yes\n` : '';
  return `${formatTable(['study', 'runs', 'size', 'folder', ''], rows)}${way}`;
}

function placeText({ kind, host }: TargetRecord): string {
  return host === null ? kind : `${kind}:${host}`;
}

/** Describes the parameters of a target that differ from their defaults. */
function parametersText({ kind, parameters }: TargetRecord, kinds: typeof catalog.targets): string {
  const specs = kinds.find(({ id }) => id === kind)?.parameters ?? [];
  return specs
    .filter((spec) => textOfValue(parameters[spec.name]) !== textOfValue(spec.default))
    .map(({ name }) => `${name}=${textOfValue(parameters[name])}`)
    .join(' ');
}

function probeText({ facts, problems }: TargetProbe): string {
  return [
    formatSummary(facts.map(({ label, value }) => [label, value] as const)),
    ...problems.map(({ message, hint }) => `\n– ${message} ${hint}`),
    problems.length === 0 ? '\nA study can run there.\n' : '\n',
  ].join('');
}
