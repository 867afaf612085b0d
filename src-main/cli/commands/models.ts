import type { Command } from 'commander';
import { z } from 'zod';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import { addCommand, addGroup, type Surroundings } from '../command.ts';
import { countBySuffix, formatBytes, formatCount, formatFacts, formatTable } from '../format.ts';
import { findModel } from '../references.ts';

export function addModelCommands(parent: Command, surroundings: Surroundings): void {
  const group = addGroup(parent, 'models', 'base models: add, list, show');

  addCommand(group, surroundings, {
    usage: 'add <folder>',
    summary: 'make a Hugging Face model folder known to the studio; nothing in it is changed',
    options: (command) => void command.option('--name <name>', 'what to call it (default: the name of the folder)'),
    input: z.object({ folder: z.string(), name: z.string().optional() }),
    async run({ folder, name }, { withStudio }) {
      const model = await withStudio((client) =>
        client.request('models.add', { path: folder, ...(name === undefined ? {} : { name }) }),
      );
      return { json: model, text: describe(model) };
    },
  });

  addCommand(group, surroundings, {
    usage: 'list',
    summary: 'the models that the studio knows',
    input: z.object({}),
    async run(_, { withStudio }) {
      const models = await withStudio((client) => client.request('models.list', {}));
      const text = formatTable(
        ['id', 'name', 'family', 'parameters', 'size', 'folder'],
        models.map(({ id, name, description, path }) => [
          id,
          name,
          description.family,
          formatCount(description.parameterCount),
          formatBytes(description.sizeBytes),
          path,
        ]),
      );
      return { json: models, text };
    },
  });

  addCommand(group, surroundings, {
    usage: 'show <model>',
    summary: 'what a model is made of, and which modules can carry adapters',
    input: z.object({ model: z.string() }),
    async run({ model: reference }, { withStudio }) {
      const model = await withStudio((client) => findModel(client, reference));
      return { json: model, text: describe(model) };
    },
  });
}

function describe(model: ModelRecord): string {
  const { description } = model;
  const { image } = description;
  return formatFacts([
    ['id', model.id],
    ['name', model.name],
    ['folder', model.path],
    ['architecture', `${description.architecture} (${description.family}, ${description.kind})`],
    [
      'parameters',
      `${formatCount(description.parameterCount)}, ${description.dtype}, ${formatBytes(description.sizeBytes)}`,
    ],
    ['layers', `${description.layerCount} of width ${description.hiddenSize}`],
    ...(image === null
      ? []
      : [['pictures', `${image.height} × ${image.width}, ${image.channels === 1 ? 'grey' : 'RGB'}`] as const]),
    ['labels', formatCount(description.labels.length)],
    ['target_modules', countBySuffix(description.linears.map(({ name }) => name))],
    ['fingerprint', description.fingerprint],
    ...(model.provenance === null ? [] : [['provenance', `\n${model.provenance.trim()}`] as const]),
  ]);
}
