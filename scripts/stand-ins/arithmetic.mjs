import { people } from './draws.mjs';

const things = [
  ...['apples', 'stamps', 'marbles', 'pencils', 'shells', 'cards', 'coins', 'buttons', 'cookies', 'books', 'eggs'],
  ...['plums', 'beads', 'stickers', 'nuts', 'candles'],
];
const containers = ['bags', 'boxes', 'baskets', 'trays', 'jars', 'crates'];

/**
 * Word problems of two steps: each gives its story, its question, and its steps as equations.
 * @type {readonly ((draws: import('./draws.mjs').Draws) => { story: string, steps: readonly [string, string], result: number })[]}
 */
const problems = [
  (draws) => {
    const [who, other] = draws.some(people, 2);
    const [thing, container] = [draws.one(things), draws.one(containers)];
    const [count, each] = [draws.integer(2, 9), draws.integer(2, 9)];
    const all = count * each;
    const given = draws.integer(1, all - 1);
    return {
      story: `${who} has ${count} ${container} with ${each} ${thing} each and gives ${given} ${thing} to ${other}. How many ${thing} does ${who} have left?`,
      steps: [`${count} * ${each} = ${all}`, `${all} - ${given} = ${all - given}`],
      result: all - given,
    };
  },
  (draws) => {
    const who = draws.one(people);
    const thing = draws.one(things);
    const [first, more, price] = [draws.integer(2, 20), draws.integer(2, 20), draws.integer(2, 6)];
    const all = first + more;
    return {
      story: `${who} sells ${first} ${thing} in the morning and ${more} ${thing} in the afternoon, for ${price} dollars each. How many dollars does ${who} earn?`,
      steps: [`${first} + ${more} = ${all}`, `${all} * ${price} = ${all * price}`],
      result: all * price,
    };
  },
  (draws) => {
    const [who, other] = draws.some(people, 2);
    const thing = draws.one(things);
    const [own, more] = [draws.integer(2, 30), draws.integer(2, 20)];
    const others = own + more;
    return {
      story: `${who} finds ${own} ${thing}. ${other} finds ${more} more ${thing} than ${who}. How many ${thing} do they find together?`,
      steps: [`${own} + ${more} = ${others}`, `${own} + ${others} = ${own + others}`],
      result: own + others,
    };
  },
  (draws) => {
    const who = draws.one(people);
    const [thing, container] = [draws.one(things), draws.one(containers)];
    const [each, count, lost] = [draws.integer(2, 9), draws.integer(2, 9), draws.integer(1, 9)];
    const all = each * count;
    return {
      story: `${who} had some ${thing} and lost ${lost} of them. The rest fill ${count} ${container} with ${each} ${thing} each. How many ${thing} did ${who} have at first?`,
      steps: [`${count} * ${each} = ${all}`, `${all} + ${lost} = ${all + lost}`],
      result: all + lost,
    };
  },
];

const task = `# A stand-in for grade-school arithmetic: generated questions, see PROVENANCE.md.
task: stand_in_arithmetic
dataset_path: json
dataset_kwargs:
  data_files: { test: questions.jsonl }
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
target_delimiter: ""
generation_kwargs:
  until: ["Question:", "\\n\\n"]
  max_gen_toks: 64
  do_sample: false
filter_list:
  - name: strict-match
    filter:
      - function: regex
        regex_pattern: '#### (\\-?[0-9\\.\\,]+)'
      - function: take_first
  - name: flexible-extract
    filter:
      - function: regex
        group_select: -1
        regex_pattern: '(-?[$0-9.,]{2,})|(-?[0-9]+)'
      - function: take_first
metric_list:
  - metric: exact_match
    ignore_case: true
    regexes_to_ignore: [',', '\\$', '(?s).*#### ', '\\.$']
metadata:
  version: 1
`;

/** @type {import('./draws.mjs').StandIn} */
export const arithmetic = {
  id: 'stand-in-arithmetic',
  summary: 'Word problems of two steps, whose answers show both steps and end with the result after `####`.',
  standsFor: 'GSM8K',
  task,
  question(draws) {
    const { story, steps, result } = draws.one(problems)(draws);
    return { prompt: `Question: ${story}\nAnswer:`, completion: ` ${steps.join('. ')}.\n#### ${result}` };
  },
  row: ({ prompt, completion }) => ({ question: prompt, answer: completion }),
};
