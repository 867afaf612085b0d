import { describe, expect, it, vi } from 'vitest';
import { compilePythonRegex } from '../../../../src-main/engine/adapters/targets/python-regex.ts';
import {
  resolveTargetModules,
  sortByDepth,
  type TargetConfig,
} from '../../../../src-main/engine/adapters/targets/target-modules.ts';
import { vitLike } from '../vit-like.ts';

vi.mock('../../../../src-main/engine/adapters/targets/python-regex.ts', { spy: true });

const base = vitLike(12);

function names(config: TargetConfig, description = base): string[] {
  return resolveTargetModules(config, description).map((module) => module.name);
}

function everyLayer(...parts: string[]): string[] {
  return Array.from({ length: 12 }, (_, layer) => parts.map((part) => `vit.layers.${layer}.${part}`)).flat();
}

describe('target_modules as a list', () => {
  it('matches whole last parts only', () => {
    expect(names({ target_modules: ['q_proj', 'v_proj'] })).toEqual(everyLayer('attention.q_proj', 'attention.v_proj'));
    expect(() => names({ target_modules: ['proj'] })).toThrow('no linear layer of the base matches "proj"');
  });

  it('takes a name in full', () => {
    expect(names({ target_modules: ['vit.layers.1.mlp.fc1'] })).toEqual(['vit.layers.1.mlp.fc1']);
  });

  it('takes the names of older transformers, where output.dense means two linears', () => {
    expect(names({ target_modules: ['query'] })).toEqual(everyLayer('attention.q_proj'));
    expect(names({ target_modules: ['output.dense'] })).toEqual(everyLayer('attention.o_proj', 'mlp.fc2'));
    expect(names({ target_modules: ['attention.output.dense'] })).toEqual(everyLayer('attention.o_proj'));
    expect(names({ target_modules: ['intermediate.dense', 'q_proj'] })).toEqual(
      everyLayer('attention.q_proj', 'mlp.fc1'),
    );
  });

  it('reaches the head only where it is named and not saved whole', () => {
    expect(names({ target_modules: ['classifier', 'fc1'] }).at(-1)).toBe('classifier');
    expect(names({ target_modules: ['classifier', 'fc1'], modules_to_save: ['classifier'] })).not.toContain(
      'classifier',
    );
  });
});

describe('target_modules as a regular expression', () => {
  it('matches full names', () => {
    expect(names({ target_modules: '.*layers\\.1\\..*_proj' })).toEqual(
      ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => `vit.layers.1.attention.${name}`),
    );
    expect(() => names({ target_modules: 'q_proj' })).toThrow('matches "q_proj"');
  });

  it('is tried on the older names where it meets nothing today', () => {
    expect(names({ target_modules: '.*\\.(query|value)' })).toEqual(everyLayer('attention.q_proj', 'attention.v_proj'));
    // On today's names this meets everything but q_proj; older names, which never end in q_proj, must not add it.
    expect(names({ target_modules: '.*(?<!q_proj)' })).not.toContain('vit.layers.0.attention.q_proj');
  });

  it('understands Python', () => {
    expect(names({ target_modules: '(?i)(?P<part>VIT)\\.layers\\.0\\.mlp\\.fc1\\Z' })).toEqual([
      'vit.layers.0.mlp.fc1',
    ]);
  });

  it('is refused by name where it is broken or combined with layers', () => {
    expect(() => names({ target_modules: '.*(q_proj' })).toThrow('target_modules: ".*(q_proj" is not a usable');
    expect(() => names({ target_modules: '.*q_proj', layers_to_transform: [1] })).toThrow(
      'layers_to_transform cannot be',
    );
  });
});

describe('all-linear', () => {
  it('is every linear but the head', () => {
    expect(names({ target_modules: 'all-linear' })).toEqual(
      base.linears.filter((module) => !module.isHead).map((module) => module.name),
    );
  });

  it('may be narrowed to layers', () => {
    expect(names({ target_modules: 'all-linear', layers_to_transform: [11] })).toHaveLength(6);
  });
});

describe('exclude_modules', () => {
  it('leaves out by the end of the name, in both dialects', () => {
    expect(names({ target_modules: ['q_proj', 'fc2'], exclude_modules: ['fc2'] })).toEqual(
      everyLayer('attention.q_proj'),
    );
    expect(names({ target_modules: ['q_proj', 'fc2'], exclude_modules: ['query'] })).toEqual(everyLayer('mlp.fc2'));
  });

  it('leaves out by regular expression', () => {
    expect(names({ target_modules: ['q_proj'], exclude_modules: '.*layers\\.\\d\\..*' })).toEqual([
      'vit.layers.10.attention.q_proj',
      'vit.layers.11.attention.q_proj',
    ]);
  });
});

describe('layers_to_transform', () => {
  it('takes a list or a number', () => {
    expect(names({ target_modules: ['q_proj'], layers_to_transform: [1, 11] })).toEqual([
      'vit.layers.1.attention.q_proj',
      'vit.layers.11.attention.q_proj',
    ]);
    expect(names({ target_modules: ['q_proj'], layers_to_transform: 0 })).toEqual(['vit.layers.0.attention.q_proj']);
    expect(names({ target_modules: ['q_proj'], layers_to_transform: [] })).toHaveLength(12);
  });

  it('finds the layer by layers_pattern, which names the list of layers', () => {
    const config = { target_modules: ['q_proj'], layers_to_transform: [2] };
    expect(names({ ...config, layers_pattern: 'layers' })).toEqual(['vit.layers.2.attention.q_proj']);
    expect(names({ ...config, layers_pattern: ['blocks', 'layers'] })).toEqual(['vit.layers.2.attention.q_proj']);
    expect(names({ target_modules: ['query'], layers_to_transform: [2], layers_pattern: 'layer' })).toEqual([
      'vit.layers.2.attention.q_proj',
    ]);
    expect(() => names({ ...config, layers_pattern: 'blocks' })).toThrow('once layers_to_transform');
  });

  it('does not filter what was named in full, as in PEFT', () => {
    expect(names({ target_modules: ['vit.layers.3.mlp.fc1'], layers_to_transform: [1] })).toEqual([
      'vit.layers.3.mlp.fc1',
    ]);
  });
});

it('says what the base has where nothing matches', () => {
  try {
    names({ target_modules: ['c_attn'] });
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({
      code: 'invalid_input',
      hint: expect.stringContaining('q_proj, k_proj, v_proj, o_proj, fc1, fc2'),
    });
  }
  expect(() => names({ target_modules: [] })).toThrow('target_modules is empty');
});

it('orders from the input up, the head last', () => {
  const shuffled = { ...base, linears: [...base.linears].reverse() };
  const layers = sortByDepth(shuffled).map((module) => module.layer);
  expect(layers.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(layers.at(-1)).toBeNull();
});

describe('expressions that are slow, or many', () => {
  it('has one clock for all modules', () => {
    const slow = '([a-z._0-9]+)+!';
    expect(() => names({ target_modules: slow })).toThrow(/^target_modules: .*it takes longer than 1 s/);
  });

  it('compiles no expression for five thousand saved modules', () => {
    const modules_to_save = Array.from({ length: 5000 }, (_, index) => `module_${index}`);
    vi.mocked(compilePythonRegex).mockClear();
    expect(names({ target_modules: ['q_proj'], modules_to_save }, vitLike(200))).toHaveLength(200);
    expect(compilePythonRegex).not.toHaveBeenCalled();
    names({ target_modules: ['q_proj'], modules_to_save: ['module.1'] }, vitLike(2));
    expect(compilePythonRegex).toHaveBeenCalled();
  });
});
