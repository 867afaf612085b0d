import type { AdapterState } from '../state.ts';
import type { AdapterVariant } from '../variant.ts';

type Described = Pick<AdapterState, 'config' | 'coto' | 'labels'> &
  Readonly<Record<'modules' | 'biases', { readonly size: number }>>;

/** The model card of an adapter folder, in the form that PEFT and model hubs read. */
export function adapterReadme(state: Described, variant: AdapterVariant, baseModelName: string): string {
  const { config, coto } = state;
  const targets = config.target_modules;
  const lines = [
    '---',
    `base_model: ${JSON.stringify(baseModelName)}`,
    'library_name: peft',
    'tags:',
    `- ${variant.declaration.id}`,
    ...(coto ? ['- coto'] : []),
    '---',
    '',
    `# ${variant.declaration.label} adapter for ${baseModelName}`,
    '',
    `${variant.declaration.summary} Made with CoTo Studio; the folder is in PEFT's format and loads with \`PeftModel.from_pretrained\`.`,
    '',
    '| setting | value |',
    '| --- | --- |',
    `| rank (\`r\`) | ${config.r} |`,
    `| \`lora_alpha\` | ${config.lora_alpha} |`,
    `| \`target_modules\` | ${typeof targets === 'string' ? targets : (targets ?? []).join(', ')} |`,
    `| adapted linears | ${state.modules.size} |`,
    ...(variant.magnitude ? [`| magnitude vectors | ${state.modules.size} |`] : []),
    ...(state.biases.size > 0
      ? [`| \`bias\` | ${config.bias}: ${state.biases.size} biases of the base replaced |`]
      : []),
    ...(config.lora_bias ? ['| `lora_bias` | B has a bias |'] : []),
    `| \`modules_to_save\` | ${(config.modules_to_save ?? []).join(', ') || 'none'} |`,
    '',
    '## CoTo',
    '',
    ...(coto
      ? [
          `Trained with the CoTo schedule: adapters were switched on at random, group by group (one group a ${coto.granularity}).`,
          '',
          '| setting | value |',
          '| --- | --- |',
          `| \`initial_p\` | ${coto.initial_p} |`,
          `| \`final_p\` | ${coto.final_p} |`,
          `| \`stage1_ratio\` | ${coto.stage1_ratio} |`,
          `| \`curve\` | ${coto.curve} |`,
        ]
      : ['Not trained with the CoTo schedule.']),
    ...(state.labels ? ['', '## Labels', '', ...state.labels.map((label, index) => `${index}. ${label}`)] : []),
    '',
  ];
  return lines.join('\n');
}
