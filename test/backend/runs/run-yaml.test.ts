import { describe, expect, it } from 'vitest';
import { checkedRun, fromYaml, toYaml } from '../../../src-main/backend/runs/run-yaml.ts';

describe('a run as YAML', () => {
  it.each([
    { schedule: 'lisa' },
    { schedule: 'random-ranks', curve: 'step', curve_steps: 3 },
    { lisa_activated_layers: 7 },
  ])('keeps the schedule %j, and nothing that it does not use', (coto) => {
    const config = checkedRun({ coto });
    const text = toYaml(config);
    expect(fromYaml(text).coto).toEqual(config.coto);
    if (coto.schedule === 'lisa') expect(text).not.toContain('initial_p');
    expect(text).not.toContain('exponential_rate');
  });

  it('reads a schedule by the id of earlier versions, and writes that of today', () => {
    const config = fromYaml('model: a\ndataset: b\ncoto: { schedule: droplora }\n');
    expect(config.coto?.schedule).toBe('random-ranks');
    expect(toYaml(config)).toContain('schedule: random-ranks');
  });

  it.each([5, -1])('writes the rate %d of an exponential curve out, whatever the default is', (rate) => {
    const config = checkedRun({ coto: { curve: 'exponential', exponential_rate: rate } });
    expect(toYaml(config)).toContain(`exponential_rate: ${rate}`);
    expect(fromYaml(toYaml(config))).toEqual(config);
  });

  it('has its model and dataset and what differs from the defaults, and reads back the same', () => {
    const config = checkedRun({
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

  it('refuses a file that no run is, and aliases that multiply, in words', () => {
    expect(() => fromYaml(`tags: [${'a, '.repeat(200_000)}]`)).toThrow('The YAML is larger than 0.5 MiB');
    const bomb = Array.from({ length: 9 }, (_, at) => `l${at}: &l${at} [${`*l${at - 1}, `.repeat(at && 9)}x]`).join(
      '\n',
    );
    expect(() => fromYaml(bomb)).toThrow(/The YAML cannot be read: .*alias/);
  });

  it('is all defaults where the file is empty', () => {
    expect(fromYaml('')).toEqual(checkedRun({}));
  });

  it('keeps a regular expression and a string with a colon as they are', () => {
    const config = checkedRun({ model: '/models/a: b', adapter: { target_modules: '.*\\.(q|v)_proj$' } });
    expect(fromYaml(toYaml(config))).toEqual(config);
  });

  it('takes parameters beside the other keys or below `parameters`, and names of older versions', () => {
    const flat = fromYaml('adapter: {variant: dora, r: 4, alpha_pattern: {q_proj: 2}}\nlength_normalised: false');
    expect(flat).toEqual(
      fromYaml('adapter: {variant: dora, parameters: {r: 4, alpha_pattern: {q_proj: 2}}}\nlength_normalized: false'),
    );
    expect(flat.adapter.parameters).toMatchObject({ r: 4, lora_alpha: 16, alpha_pattern: { q_proj: 2 } });
    expect(flat.length_normalized).toBe(false);
  });

  it.each([
    ['learning_rate: fast', /learning_rate/],
    ['learning_rte: 0.1', /learning_rte/],
    ['adapter:\n  r: 0', /adapter\.r: /],
    ['adapter: {parameters: {r: 0}}', /adapter\.parameters\.r: /],
    ['adapter: {rank_pattern: {q: 0}}', /adapter\.rank_pattern\.q: /],
    ['adapter: {r: 2, parameters: {r: 4}}', /adapter\.r: given twice/],
    ['adapter: {ranks: 2}', /LoRA has no parameter "ranks"; its parameters are r, lora_alpha/],
    ['adapter: {variant: lohra}', /adapter\.variant: there is no adapter variant "lohra"; choose one of lora,/],
    ['coto:\n  initial_p: 2', /coto\.initial_p/],
    ['a: [1', /YAML cannot be read.*line/],
    ['- 1', /object/],
  ])('refuses %j naming what is wrong', (text, message) => {
    expect(() => fromYaml(text)).toThrow(message);
  });

  it.each([
    ['load_in_4bit: true\nbnb_4bit_quant_type: nf4\nbnb_4bit_use_double_quant: true', 'nf4'],
    ['load_in_8bit: true', 'int8'],
  ])('that quantizes its base as it loads is refused with the command that makes one: %s', (keys, type) => {
    expect(() => fromYaml(`model: tiny\n${keys}\n`)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(`coto models quantize tiny --type ${type}`) }),
    );
  });

  it('takes the spellings of PEFT, Transformers and TRL where they say the same', () => {
    const peft =
      'r: 4\nlora_alpha: 8\nuse_dora: true\nuse_rslora: true\ninit_lora_weights: true\ntask_type: CAUSAL_LM\n';
    expect(() => fromYaml(peft)).toThrow(/task_type/);
    const config = fromYaml(
      `${peft.replace('task_type: CAUSAL_LM\n', '')}model_name_or_path: tiny\noptim: adamw_torch\nmax_seq_length: 64\n`,
    );
    expect(config).toEqual(
      fromYaml(
        'adapter: {variant: dora-rslora, r: 4, lora_alpha: 8}\nmodel: tiny\nmax_length: 64\nmax_seq_length: 64\noptim: adamw',
      ),
    );
    expect(fromYaml('adapter: {use_dora: false, use_rslora: true, peft_type: LORA}').adapter.variant).toBe('rslora');
    expect(fromYaml('adapter: {init_lora_weights: pissa_niter_4}').adapter.parameters).toMatchObject({
      init_lora_weights: 'pissa',
    });
    expect(() => fromYaml('adapter: {variant: hira, use_dora: true}')).toThrow(/use_dora/);
  });

  it('takes the arguments of a Trainer that another key tells, and refuses others with what there is instead', () => {
    expect(fromYaml('warmup_ratio: 0.03\nbf16: true\n')).toMatchObject({
      warmup_steps: 0.03,
      compute_dtype: 'bfloat16',
    });
    // Steps are before a ratio, as in Transformers.
    expect(fromYaml('warmup_ratio: 0.03\nwarmup_steps: 20\nbf16: false\nfp16: false').warmup_steps).toBe(20);
    expect(fromYaml('warmup_ratio: 0.5\nwarmup_steps: 0').warmup_steps).toBe(0.5);
    expect(fromYaml('bf16: true\ncompute_dtype: float32').compute_dtype).toBe('float32');
    expect(() => fromYaml('warmup_ratio: 2')).toThrow(/warmup_ratio/);
    expect(() => fromYaml('output_dir: out')).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('output_dir: a run’s files are in the studio’s home'),
        hint: expect.stringContaining('coto export'),
      }),
    );
    expect(() => fromYaml('fp16: true')).toThrow(/fp16: runs compute in float32 or bfloat16/);
  });

  it('takes those keys where they ask for nothing', () => {
    expect(fromYaml('load_in_4bit: false\nbnb_4bit_quant_type: nf4\nseed: 3\n').seed).toBe(3);
  });
});
