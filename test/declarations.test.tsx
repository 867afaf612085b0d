import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MantineProvider } from '@mantine/core';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { catalog } from '../src-main/backend/index.ts';
import { fromYaml, toYaml } from '../src-main/backend/runs/run-yaml.ts';
import { main } from '../src-main/cli/main.ts';
import { givenParameters } from '../src-main/cli/method-options.ts';
import { ParameterForm } from '../src-renderer/components/form/parameter-form.tsx';
import { adapterParameters } from '../src-shared/domain/adapters/adapter.ts';
import { evaluationParameters } from '../src-shared/domain/evaluation/evaluation.ts';
import { generationParameters } from '../src-shared/domain/generation/generation.ts';
import type { Declaration, ParameterSpec, ParameterValue } from '../src-shared/domain/parameters/parameter.ts';
import { parameterSchema } from '../src-shared/domain/parameters/parameter.ts';
import { checkedParameters, checkParameters } from '../src-shared/domain/parameters/parameter-check.ts';
import { textOfValue } from '../src-shared/domain/parameters/parameter-text.ts';
import { augmentationParameters } from '../src-shared/domain/runs/augmentation.ts';
import { cotoDeclaration } from '../src-shared/domain/runs/coto.ts';
import { runParameters } from '../src-shared/domain/runs/run.ts';
import { checkRunInput } from '../src-shared/domain/runs/run-check.ts';
import { recordingTerminal } from './cli/run-command.ts';

const root = join(import.meta.dirname, '..');

/** One list of declarations: which command's help names its parameters, and how; and where its cards lie. */
interface DeclaredList {
  readonly title: string;
  readonly declarations: readonly Declaration[];
  readonly command: readonly string[];
  /** True if the command's own help has the parameters; else `--help <id>` has those of a declaration. */
  readonly isInOwnHelp?: true;
  readonly option: (name: string) => string;
  /** Folder under docs/methods; null: these have no card each. */
  readonly cards: string | null;
}

const flag = (name: string) => `--${name.replaceAll('_', '-')} `;
const own = (id: string, parameters: ParameterSpec[]): Declaration => ({ id, label: id, summary: id, parameters });

const lists: readonly DeclaredList[] = [
  {
    title: 'adapter variants',
    declarations: catalog.adapterVariants,
    command: ['train'],
    option: (name) => `adapter.${name} `,
    cards: 'adapters',
  },
  { title: 'CoTo', declarations: [cotoDeclaration], command: ['train'], option: (name) => `${name} `, cards: '.' },
  {
    title: 'the run',
    declarations: [own('run', runParameters()), own('adapter', adapterParameters())],
    command: ['train'],
    option: (name) => `${name} `,
    cards: null,
  },
  { title: 'merge methods', declarations: catalog.mergeMethods, command: ['merge'], option: flag, cards: 'merging' },
  { title: 'prune methods', declarations: catalog.pruneMethods, command: ['prune'], option: flag, cards: 'pruning' },
  { title: 'routers', declarations: catalog.routers, command: ['route'], option: flag, cards: 'routing' },
  {
    title: 'studies',
    declarations: catalog.studies,
    command: ['study'],
    option: (name) => `${name} `,
    cards: 'studies',
  },
  {
    title: 'targets of studies',
    declarations: catalog.targets,
    command: ['targets', 'add'],
    option: (name) => `${name} `,
    cards: null,
  },
  {
    title: 'dataset readers',
    declarations: catalog.datasetReaders,
    command: ['datasets', 'add'],
    option: flag,
    cards: null,
  },
  { title: 'export targets', declarations: catalog.exportTargets, command: ['export'], option: flag, cards: null },
  {
    title: 'generation',
    declarations: [catalog.sampling, own('generation', generationParameters())],
    command: ['generate'],
    isInOwnHelp: true,
    option: flag,
    cards: null,
  },
  {
    title: 'evaluation',
    declarations: [own('evaluation', evaluationParameters())],
    command: ['eval'],
    isInOwnHelp: true,
    option: flag,
    cards: null,
  },
];
const parameters = lists.flatMap((list) =>
  list.declarations.flatMap((declaration) =>
    declaration.parameters.map((spec) => ({ title: `${declaration.id}.${spec.name}`, list, declaration, spec })),
  ),
);

test('finds declarations, among them every list of the catalog', () => {
  expect(parameters.length).toBeGreaterThan(60);
  const walked = new Set(lists.flatMap(({ declarations }) => declarations));
  const { modelFamilies, sampling, ...others } = catalog;
  expect(modelFamilies.every((family) => family.parameters.length === 0)).toBe(true);
  expect([sampling, ...Object.values(others).flat()].filter((declaration) => !walked.has(declaration))).toEqual([]);
});

describe.each(parameters)('$title', ({ spec, declaration, list }) => {
  test('says what it is', () => {
    expect(spec.label.trim()).not.toBe('');
    expect(spec.help.trim()).toMatch(/^\S.*[.)]$/s);
    for (const choice of spec.choices ?? []) expect(choice.label.trim()).not.toBe('');
    expect(checkParameters([spec], { [spec.name]: spec.default }).size, 'the default is in range').toBe(0);
  });

  test('has a field in the form, with its value, its help and where it comes from', () => {
    const text = formOf(declaration);
    const id = new RegExp(`<label[^>]* for="([^"]+)"[^>]*>${escaped(spec.label)}</label>`).exec(text)?.[1];
    expect(id, 'a label').toBeDefined();
    expect(text).toContain(`id="${id}"`);
    const frame = text.slice(text.indexOf(`for="${id}"`), text.indexOf(`id="${id}-help"`) + 4000);
    expect(frame).toContain(`>${bare(spec.name)}</code>`);
    expect(frame).toContain(`data-origin="${inRange(spec) === spec.default ? 'default' : 'yours'}"`);
    expect(frame).toContain(`id="${id}-help">${markup(spec.help)}`);
    expect(frame.slice(0, frame.indexOf(`id="${id}-help"`))).not.toContain('role="alert"');
  });

  test('is refused out of range, by its name, in form, engine and command', () => {
    for (const value of outOfRange(spec)) {
      expect([...checkParameters([spec], { [spec.name]: value }).keys()]).toEqual([spec.name]);
      const wrong = { ...declaration, parameters: [spec] };
      expect(() => checkedParameters(wrong, { [spec.name]: value })).toThrow(spec.name);
      // The command's texts: a list or a map of the wrong kind has no text of its own.
      if (value !== null && typeof value !== 'object')
        expect(() => givenParameters([wrong], wrong.id, { set: { [spec.name]: String(value) } })).toThrow(spec.name);
    }
  });

  test('is accepted in range, as an option of the command too, and survives YAML', () => {
    const value = inRange(spec);
    const schema = parameterSchema([spec]);
    expect(schema.parse({ [spec.name]: value })).toEqual({ [spec.name]: value });
    expect(schema.parse(parse(stringify({ [spec.name]: value })))).toEqual({ [spec.name]: value });
    const wanted = { ...declaration, parameters: [spec] };
    expect(givenParameters([wanted], wanted.id, { set: { [spec.name]: textOfValue(value) } })).toEqual({
      [spec.name]: value,
    });
  });

  test('is in the help of its command', async () => {
    const topic = list.isInOwnHelp ? [] : [declaration.id];
    expect(await helpOf(list.command, topic)).toContain(list.option(spec.name));
  });

  test.runIf(list.cards !== null)('is on the card of its method', () => {
    const card = readFileSync(join(root, 'docs', 'methods', list.cards ?? '', `${declaration.id}.md`), 'utf8');
    expect(card).toContain(`| \`${spec.name}\` |`);
    expect(card).toContain(spec.help.replaceAll('|', '\\|'));
  });
});

test.each(catalog.adapterVariants)('a run with every parameter of $id survives its YAML file', (variant) => {
  const run = {
    adapter: {
      variant: variant.id,
      parameters: Object.fromEntries(variant.parameters.map((spec) => [spec.name, inRange(spec)])),
      ...Object.fromEntries(adapterParameters().map((spec) => [bare(spec.name), inRange(spec)])),
    },
    coto: Object.fromEntries(cotoDeclaration.parameters.map((spec) => [bare(spec.name), inRange(spec)])),
    ...Object.fromEntries(
      runParameters().flatMap((spec) => (spec.name.includes('.') ? [] : [[spec.name, inRange(spec)]])),
    ),
    augmentation: Object.fromEntries(augmentationParameters().map((spec) => [bare(spec.name), inRange(spec)])),
  };
  const { config, issues } = checkRunInput(run, catalog.adapterVariants);
  expect(issues).toEqual([]);
  expect(config).toMatchObject(run);
  if (config) expect(fromYaml(toYaml(config))).toEqual(config);
});

const forms = new Map<Declaration, string>();

/**
 * The form of a declaration with another value than the default in each field. Rendered to text, so that the command can run
 * beside it; that fields behind "More settings" are there is parameter-form.test.tsx's to see.
 */
function formOf(declaration: Declaration): string {
  const known = forms.get(declaration);
  if (known !== undefined) return known;
  const shown = { parameters: declaration.parameters.map(({ when, ...spec }) => ({ ...spec, advanced: false })) };
  const values = Object.fromEntries(declaration.parameters.map((spec) => [spec.name, inRange(spec)]));
  const text = renderToStaticMarkup(
    <MantineProvider>
      <ParameterForm declaration={shown} values={values} onChange={() => undefined} />
    </MantineProvider>,
  );
  forms.set(declaration, text);
  return text;
}

const helps = new Map<string, Promise<string>>();

/** Returns the output of `coto <command> --help <topic>` on one line. */
function helpOf(command: readonly string[], topic: readonly string[]): Promise<string> {
  const key = [...command, ...topic].join(' ');
  const known = helps.get(key);
  if (known) return known;
  const { terminal, written } = recordingTerminal();
  const help = main([...command, '--help', ...topic], terminal, {}).then(() => written.out.replaceAll(/\s+/g, ' '));
  helps.set(key, help);
  return help;
}

/** Text as React writes it into HTML. */
function markup(text: string): string {
  return renderToStaticMarkup(<i>{text}</i>).slice(3, -4);
}

function escaped(text: string): string {
  return markup(text).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function bare(name: string): string {
  return name.split('.').at(-1) ?? name;
}

/** A value that the declaration accepts and that is not its default, where there is one. */
function inRange(spec: ParameterSpec): ParameterValue {
  switch (spec.type) {
    case 'integer':
    case 'number':
      return numberIn(spec);
    case 'boolean':
      return spec.default !== true;
    case 'choice': {
      const values = (spec.choices ?? []).map(({ value }) => value);
      return values.find((value) => value !== spec.default) ?? spec.default;
    }
    case 'text':
      return 'some text';
    case 'text-list':
      return ['q_proj', 'v_proj'];
    case 'integer-list':
      return [numberIn(spec), numberIn(spec) + 1];
    case 'number-list':
      return [numberIn(spec), numberIn(spec)];
    case 'integer-map':
    case 'number-map':
      return { q_proj: numberIn(spec) };
    case 'text-or-list':
      return ['q_proj', 'v_proj'];
    case 'tokens':
      return { embed_tokens: ['<|im_end|>', 7] };
  }
}

function numberIn({ type, minimum, above, maximum, default: usual }: ParameterSpec): number {
  const isWhole = type.startsWith('integer');
  const low = minimum ?? (above === undefined ? 0 : above + (isWhole ? 1 : 0.125));
  const tries = [low, low + (isWhole ? 1 : 0.125)];
  return tries.find((value) => value !== usual && value <= (maximum ?? value)) ?? low;
}

/** Values that the declaration must refuse: of the wrong type, and beyond each bound. */
function outOfRange(spec: ParameterSpec): ParameterValue[] {
  const { minimum, above, maximum } = spec;
  const beyond = [
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(above === undefined ? [] : [above]),
    ...(maximum === undefined ? [] : [maximum + 1]),
  ];
  switch (spec.type) {
    case 'integer':
      return ['much', 1.5, ...beyond];
    case 'number':
      return ['much', ...beyond];
    case 'boolean':
      return ['maybe'];
    case 'choice':
      return ['none of these'];
    case 'text':
      return [['a list']];
    case 'text-list':
      return [[1]];
    case 'integer-list':
    case 'number-list':
      return [['q_proj'], ...beyond.map((value) => [value])];
    case 'integer-map':
    case 'number-map':
      return ['q_proj', ...beyond.map((value) => ({ q_proj: value }))];
    case 'text-or-list':
      return [...(spec.empty === undefined ? [[]] : []), { q_proj: 1 }];
    case 'tokens':
      return [[], [1.5], { embed_tokens: [] }];
  }
}
