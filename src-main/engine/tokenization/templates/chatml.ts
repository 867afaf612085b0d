import type { KnownTemplate } from './template.ts';

export const chatml: KnownTemplate = {
  id: 'chatml',
  label: 'ChatML (Qwen, SmolLM)',
  text: `{% for message in messages %}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{%- endfor %}
{% if add_generation_prompt %}
{{ '<|im_start|>assistant\\n' }}
{%- endif %}`,
};
