import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ParameterSpec, parameterSchema } from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { textOfValue, valueFromText } from '../../../../src-shared/domain/parameters/parameter-text.ts';
import { parametersOf } from '../../../../src-shared/domain/parameters/parameters-of.ts';

const settings = z.strictObject({
  steps: z.number().int().min(0).default(7).meta({ title: 'Steps', description: 'How long.', unit: 'steps' }),
  rate: z.number().positive().max(3).default(1e-3).meta({ title: 'Rate', description: 'How fast.', advanced: true }),
  curve: z
    .enum(['linear', 'cosine'])
    .default('linear')
    .meta({ title: 'Curve', description: 'Which.', labels: { cosine: 'Half a cosine' } }),
  seed: z
    .number()
    .int()
    .min(0)
    .nullable()
    .default(null)
    .meta({ title: 'Seed', description: 'Draws.', empty: 'as seed' }),
  targets: z
    .union([z.string(), z.array(z.string()).min(1)])
    .default('all-linear')
    .meta({ title: 'Targets', description: 'Where.' }),
  layers: z
    .array(z.number().int().min(0))
    .nullable()
    .default(null)
    .meta({ title: 'Layers', description: 'Which layers.' }),
  ranks: z.record(z.string(), z.number().int().min(1)).default({}).meta({ title: 'Ranks', description: 'By name.' }),
  packing: z.boolean().default(false).meta({ title: 'Packing', description: 'Several a row.' }),
  inner: z.object({ secret: z.string() }).optional(),
});

describe('the parameters that a schema declares', () => {
  const specs = parametersOf(settings);
  const spec = (name: string) => specs.find((one) => one.name === name);

  it('are its titled keys, with range, default, null and words', () => {
    expect(specs.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      'steps: integer',
      'rate: number',
      'curve: choice',
      'seed: integer',
      'targets: text-or-list',
      'layers: integer-list',
      'ranks: integer-map',
      'packing: boolean',
    ]);
    expect(spec('steps')).toEqual({
      name: 'steps',
      label: 'Steps',
      type: 'integer',
      default: 7,
      minimum: 0,
      help: 'How long.',
      unit: 'steps',
    });
    expect(spec('rate')).toMatchObject({ above: 0, maximum: 3, advanced: true });
    expect(spec('curve')?.choices).toEqual([
      { value: 'linear', label: 'linear' },
      { value: 'cosine', label: 'Half a cosine' },
    ]);
    expect(spec('seed')).toMatchObject({ nullable: true, default: null, minimum: 0, empty: 'as seed' });
    expect(spec('layers')).toMatchObject({ nullable: true, minimum: 0 });
    expect(spec('ranks')).toMatchObject({ default: {}, minimum: 1 });
  });

  it('accept and refuse what the schema itself accepts and refuses', () => {
    const again = parameterSchema(specs);
    expect(again.parse({})).toEqual(settings.parse({}));
    for (const values of [
      { steps: -1 },
      { steps: 1.5 },
      { rate: 0 },
      { rate: 3.5 },
      { curve: 'none' },
      { seed: -2 },
      { targets: [] },
      { layers: [-1] },
      { ranks: { q_proj: 0 } },
      { packing: 'yes' },
    ]) {
      const [name = ''] = Object.keys(values);
      expect(settings.safeParse(values).success, name).toBe(false);
      expect([...checkParameters(specs, values).keys()]).toEqual([name]);
    }
  });
});

it('says what is wrong in a sentence for a field', () => {
  const specs: ParameterSpec[] = [
    { name: 'p', label: 'p', type: 'number', default: 0.5, minimum: 0, maximum: 1, help: 'h' },
    { name: 'n', label: 'n', type: 'integer', default: 1, above: 0, help: 'h' },
    { name: 'm', label: 'm', type: 'number-map', default: {}, help: 'h' },
  ];
  const sentence = (name: string, value: unknown) => checkParameters(specs, { [name]: value }).get(name);
  expect(sentence('p', 2)).toBe('Must be at most 1.');
  expect(sentence('p', '')).toBe('Enter a number.');
  expect(sentence('n', 0)).toBe('Must be more than 0.');
  expect(sentence('n', 1.5)).toBe('Enter an integer.');
  expect(sentence('m', 'q_proj')).toBe('Enter name=number, one per line.');
  expect(checkParameters(specs, { q: 1 }).get('q')).toBe('Unknown setting: q.');
});

describe('text of a value', () => {
  it.each([
    ['integer', '12', 12],
    ['number', '2e-4', 2e-4],
    ['number', '0,5', 0.5],
    ['number', 'much', 'much'],
    ['boolean', 'true', true],
    ['text-list', 'q_proj, v_proj', ['q_proj', 'v_proj']],
    ['integer-list', '[0, 3]', [0, 3]],
    ['number-list', '0.5, 0.25', [0.5, 0.25]],
    ['integer-map', 'q_proj=16, v_proj=8', { q_proj: 16, v_proj: 8 }],
    ['number-map', 'q_proj: 16\nv_proj: 8.5', { q_proj: 16, v_proj: 8.5 }],
    ['number-map', 'q_proj', 'q_proj'],
    ['text-or-list', 'all-linear', 'all-linear'],
    ['text-or-list', 'q_proj,v_proj', ['q_proj', 'v_proj']],
    ['text-or-list', '[q_proj]', ['q_proj']],
    ['text-or-list', String.raw`.*\.(q|v){1,2}_proj`, String.raw`.*\.(q|v){1,2}_proj`],
  ] as const)('%s %j is %j', (type, text, value) => {
    expect(valueFromText({ type }, text)).toEqual(value);
    if (typeof value !== 'string' || type === 'text-or-list')
      expect(valueFromText({ type }, textOfValue(value))).toEqual(
        Array.isArray(value) && value.length === 1 ? value[0] : value,
      );
  });

  it('is none where null is a value', () => {
    expect(valueFromText({ type: 'integer', nullable: true }, '')).toBeNull();
    expect(valueFromText({ type: 'text-list', nullable: true }, 'none')).toBeNull();
  });
});
