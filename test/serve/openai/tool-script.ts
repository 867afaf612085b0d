import type { Script } from '../../scripted-model.ts';

const call = (name: string, city: string) => `{"name": "${name}", "arguments": {"city": "${city}"}}`;

/** Answers of a model that calls a function if it may, reads its result, and answers. Tags of calls are special tokens. */
export const toolScript: Script = {
  template: `{% if tools %}<|system|>{{ tools | tojson }}<|end|>
{% endif %}{% for message in messages %}<|turn|>{{ message.role }}: {{ message.content }}{% for call in message.tool_calls or [] %}<tool_call>
{{ {"name": call.function.name, "arguments": call.function.arguments} | tojson }}
</tool_call>{% endfor %}<|end|>
{% endfor %}{% if add_generation_prompt %}{% if messages[-1].role == "tool" %}<|answer|>{% elif messages[-1].content == "Two!" %}<|two|>{% elif messages[-1].content == "Broken!" %}<|broken|>{% elif tools %}<|call|>{% else %}<|plain|>{% endif %}{% endif %}`,
  special: [
    '<|system|>',
    '<|turn|>',
    '<|answer|>',
    '<|two|>',
    '<|broken|>',
    '<|call|>',
    '<|plain|>',
    '<tool_call>',
    '</tool_call>',
  ],
  chains: [
    ['<|plain|>', 'Hello ', 'there.'],
    [
      '<|call|>',
      'Let me ',
      'look.\n',
      '<tool_call>',
      '\n{"name": "weat',
      'her", "arguments": {"ci',
      'ty": "Paris"}}\n',
      '</tool_call>',
    ],
    ['<|answer|>', 'It ', 'snows.'],
    [
      '<|two|>',
      `<tool_call>${call('weather', 'Rome')}</tool_call>`,
      `<tool_call>${call('weather', 'Oslo')}</tool_call>`,
    ],
    ['<|broken|>', '<tool_call>{"name": weather}', ' What?'],
    // The start of a forced call ends with a colon.
    [':', ' {"city": "Forced"}}\n'],
  ],
};

const city = { type: 'string', description: 'Name of a city' };
export const weatherTool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Looks the weather up.',
    parameters: { type: 'object', properties: { city }, required: ['city'] },
  },
};
