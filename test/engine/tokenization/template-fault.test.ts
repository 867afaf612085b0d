import { describe, expect, test } from 'vitest';
import { ChatTemplate } from '../../../src-main/engine/tokenization/chat-template.ts';
import { templateFault } from '../../../src-main/engine/tokenization/template-fault.ts';
import { knownTemplates } from '../../../src-main/engine/tokenization/templates/index.ts';

describe('the fault of a template', () => {
  test.each([
    [
      'a character that is none of the language',
      "{{ 'a' }}\nplain\n{{ b § c }}\n{{ d }}",
      3,
      'unexpected character: §',
    ],
    ['a string without its end', "{{ 'a' }}\n{{ 'b }}\n", 2, 'unexpected end of input'],
    ['a tag of several lines without its end', 'x\n{{ a +\n  b\n\nmore text', 3, ''],
    [
      'a block without its end',
      '{# note\nof two lines #}\n{% for m in messages %}\n{% if m %}\n{{ m }}\n{% endfor %}',
      6,
      '',
    ],
    [
      'a block that is never closed',
      "{% if true %}\nx\n{% endif %}\n{% if messages %}\n{{ 'y\\n' }}\n",
      4,
      '{% endif %} is missing',
    ],
    ['the end of another block', '{% if a %}\nx\n{% endfor %}\n{% endif %}', 3, ''],
    ['an unknown statement', "{{ 'if' }}\n{% iff a %}x{% endif %}", 2, 'iff'],
    ['nothing to go through', '{% for %}', 1, ''],
  ])('%s', (_, text, line, words) => {
    const fault = templateFault(text);
    expect(fault?.line).toBe(line);
    expect(fault?.message.toLowerCase()).toContain(words);
    expect(() => new ChatTemplate('custom', 'It', text)).toThrow(`It is not a usable chat template: line ${line}: `);
  });

  test('is null for a valid template', () => {
    expect(templateFault("{% for m in messages %}\n{{ m['content'] }}\n{% endfor %}")).toBeNull();
  });
});

describe('published templates', () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello' },
    { role: 'user', content: 'Why?' },
  ];
  const expected: Record<string, string> = {
    chatml:
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n',
    'llama-3':
      '<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
    mistral: '<s>[INST] Be brief.\n\nHi [/INST] Hello</s>[INST] Why? [/INST]',
    gemma:
      '<s><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\nHello<end_of_turn>\n<start_of_turn>user\nWhy?<end_of_turn>\n<start_of_turn>model\n',
    zephyr:
      '<|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\nHello</s>\n<|user|>\nWhy?</s>\n<|assistant|>\n',
    alpaca:
      'Be brief.\n\n### Instruction:\nHi\n\n### Response:\nHello</s>\n\n### Instruction:\nWhy?\n\n### Response:\n',
  };

  test.each(knownTemplates.map((template) => [template.id, template.text] as const))('%s', (id, text) => {
    const template = new ChatTemplate(id, id, text);
    const variables = { bos_token: '<s>', eos_token: '</s>' };
    expect(template.render(messages, { addGenerationPrompt: true, variables })).toBe(expected[id]);
  });
});
