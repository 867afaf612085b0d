import type { Command } from 'commander';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { settingsChangesSchema } from '../../../src-shared/domain/app/catalog.ts';
import { parseYaml } from '../../files/yaml.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { formatSummary } from '../format.ts';

export function addSettingsCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'settings [assignments...]',
    summary: 'show the settings, or change some: threads=1, threads=null, compute_backend=wasm',
    input: z.object({ assignments: z.array(z.string()).default([]) }),
    async run({ assignments }, { withStudio }) {
      const changes = readAssignments(assignments);
      const settings = await withStudio((client) =>
        assignments.length === 0 ? client.request('settings.get', {}) : client.request('settings.set', changes),
      );
      const facts = Object.entries(settings).map(([name, value]) => [name, String(value)] as const);
      return { json: settings, text: formatSummary(facts) };
    },
  });
}

function readAssignments(assignments: readonly string[]) {
  const given: Record<string, unknown> = {};
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    if (at < 1)
      throw new StudioError('invalid_input', `"${assignment}" is not name=value.`, 'Write for example: threads=2');
    const name = assignment.slice(0, at).trim();
    if (!Object.hasOwn(settingsChangesSchema.shape, name))
      throw new StudioError(
        'invalid_input',
        `There is no setting "${name}".`,
        `There are: ${Object.keys(settingsChangesSchema.shape).join(', ')}.`,
      );
    given[name] = parseYaml(assignment.slice(at + 1), name);
  }
  const checked = settingsChangesSchema.safeParse(given);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new StudioError('invalid_input', `${issue?.path.join('.')}: ${issue?.message}.`);
}
