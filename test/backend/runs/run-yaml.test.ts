import { describe, expect, it } from 'vitest';
import { fromYaml, toYaml } from '../../../src-main/backend/runs/run-yaml.ts';
import { runConfigSchema } from '../../../src-shared/domain/run.ts';

describe('a run as YAML', () => {
  it('has its model and dataset and what differs from the defaults, and reads back the same', () => {
    const config = runConfigSchema.parse({
      learning_rate: 3e-3,
      adapter: { r: 4, target_modules: ['q_proj', 'v_proj'] },
      coto: {},
      seed: 7,
    });
    expect(toYaml(config)).toBe(
      [
        'model: quickdraw-vit',
        'dataset: fashion-mnist-small',
        'adapter:',
        '  r: 4',
        '  target_modules:',
        '    - q_proj',
        '    - v_proj',
        'coto:',
        '  initial_p: 0.1',
        '  final_p: 1',
        '  stage1_ratio: 0.75',
        '  curve: linear',
        '  granularity: layer',
        'seed: 7',
        'learning_rate: 0.003',
        '',
      ].join('\n'),
    );
    expect(fromYaml(toYaml(config))).toEqual(config);
  });

  it('is all defaults where the file is empty', () => {
    expect(fromYaml('')).toEqual(runConfigSchema.parse({}));
  });

  it('keeps a regular expression and a string with a colon as they are', () => {
    const config = runConfigSchema.parse({ model: '/models/a: b', adapter: { target_modules: '.*\\.(q|v)_proj$' } });
    expect(fromYaml(toYaml(config))).toEqual(config);
  });

  it.each([
    ['learning_rate: fast', /learning_rate/],
    ['learning_rte: 0.1', /learning_rte/],
    ['adapter:\n  r: 0', /adapter\.r/],
    ['coto:\n  initial_p: 2', /coto\.initial_p/],
    ['a: [1', /YAML cannot be read.*line/],
    ['- 1', /object/],
  ])('refuses %j naming what is wrong', (text, message) => {
    expect(() => fromYaml(text)).toThrow(message);
  });
});
