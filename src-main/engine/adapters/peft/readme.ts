import { describeSchedule } from '../../../../src-shared/coto/describe.ts';
import { schedules } from '../../../../src-shared/coto/schedules/index.ts';
import { textOfValue } from '../../../../src-shared/domain/parameters/parameter-text.ts';
import { usedSettings } from '../../../../src-shared/domain/runs/coto.ts';
import type { AdapterDescription } from '../variant/state.ts';

/** Facts about an adapter in its model card, besides its tensors. */
interface Described extends Pick<AdapterDescription, 'variant' | 'coto' | 'labels'> {
  readonly modules: { readonly size: number };
  readonly biases: { readonly size: number };
}

/** A name as text of one line, whatever it holds of Markdown or HTML. */
function plainMarkdown(name: string): string {
  return name.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>#|&!~]/g, String.raw`\$&`);
}

/**
 * The model card of an adapter folder, in the form that PEFT and model hubs read. `config` is what is written beside it;
 * `missingInPeft` what PEFT lacks to load it, null: nothing.
 */
export function adapterReadme(
  adapter: Described,
  config: Readonly<Record<string, unknown>>,
  baseModelName: string,
  missingInPeft: string | null,
): string {
  const { variant, coto, labels } = adapter;
  const { declaration } = variant;
  const settings = declaration.parameters.filter(
    ({ name, advanced }) => config[name] !== undefined && (!advanced || config[name] === true),
  );
  const lines = [
    '---',
    `base_model: ${JSON.stringify(baseModelName)}`,
    'library_name: peft',
    'tags:',
    `- ${declaration.id}`,
    ...(coto ? ['- coto'] : []),
    '---',
    '',
    `# ${declaration.label} adapter for ${plainMarkdown(baseModelName)}`,
    '',
    `${declaration.summary} Made with CoTo Studio; the folder is in PEFT's format${missingInPeft === null ? ' and loads with `PeftModel.from_pretrained`.' : `, but PEFT has no ${missingInPeft}: load it in CoTo Studio, or export it merged.`}`,
    '',
    '| setting | value |',
    '| --- | --- |',
    ...settings.map(({ name }) => `| \`${name}\` | ${textOfValue(config[name])} |`),
    `| \`target_modules\` | ${textOfValue(config['target_modules'])} |`,
    `| adapted modules | ${adapter.modules.size} |`,
    ...(adapter.biases.size > 0
      ? [`| \`bias\` | ${config['bias']}: ${adapter.biases.size} biases of the base replaced |`]
      : []),
    `| \`modules_to_save\` | ${textOfValue(config['modules_to_save']) || 'none'} |`,
    '',
    '## CoTo',
    '',
    ...(coto
      ? [
          `Trained with a schedule: ${describeSchedule(coto)}. ${schedules[coto.schedule].declaration.summary}`,
          '',
          '| setting | value |',
          '| --- | --- |',
          ...[...usedSettings(coto)].map((name) => `| \`${name}\` | ${coto[name]} |`),
        ]
      : ['Not trained with the CoTo schedule.']),
    ...(labels ? ['', '## Labels', '', ...labels.map((label, index) => `${index}. ${plainMarkdown(label)}`)] : []),
    '',
  ];
  return lines.join('\n');
}
