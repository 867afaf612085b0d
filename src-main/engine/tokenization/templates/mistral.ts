import type { KnownTemplate } from './template.ts';

export const mistral: KnownTemplate = {
  id: 'mistral',
  label: 'Mistral, Llama 2 ([INST])',
  text: `{{ bos_token }}
{%- set ns = namespace(system='') %}
{% for message in messages %}
{% if message['role'] == 'system' %}
{% set ns.system = message['content'] + '\\n\\n' %}
{% elif message['role'] == 'user' %}
{{ '[INST] ' + ns.system + message['content'] + ' [/INST]' }}
{%- set ns.system = '' %}
{% else %}
{{ ' ' + message['content'] | trim + eos_token }}
{%- endif %}
{% endfor %}`,
};
