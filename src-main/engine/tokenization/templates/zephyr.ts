import type { KnownTemplate } from './template.ts';

export const zephyr: KnownTemplate = {
  id: 'zephyr',
  label: 'Zephyr, TinyLlama',
  text: `{% for message in messages %}
{{ '<|' + message['role'] + '|>\\n' + message['content'] + eos_token + '\\n' }}
{%- endfor %}
{% if add_generation_prompt %}
{{ '<|assistant|>\\n' }}
{%- endif %}`,
};
