import { people } from './draws.mjs';

const places = [
  ...['drawer', 'kitchen', 'garden', 'car', 'cellar', 'attic', 'basket', 'cupboard', 'office', 'garage', 'hall'],
  ...['shed', 'closet', 'bag', 'tent', 'boat'],
];
const objects = ['key', 'book', 'ball', 'letter', 'lamp', 'hat', 'knife', 'radio', 'coat', 'map', 'rope', 'cup'];

const kinds = {
  fruit: ['apple', 'pear', 'plum', 'cherry', 'lemon', 'peach', 'grape', 'melon', 'orange', 'fig'],
  animal: ['horse', 'cow', 'dog', 'cat', 'sheep', 'goat', 'pig', 'lion', 'bear', 'wolf'],
  color: ['red', 'blue', 'green', 'yellow', 'white', 'black', 'brown', 'gray', 'pink', 'purple'],
  tool: ['hammer', 'saw', 'drill', 'axe', 'wrench', 'shovel', 'rake', 'chisel', 'file', 'pliers'],
  vehicle: ['car', 'bus', 'train', 'ship', 'truck', 'bicycle', 'plane', 'tram', 'boat', 'wagon'],
  building: ['house', 'church', 'barn', 'tower', 'school', 'castle', 'hotel', 'mill', 'palace', 'hut'],
};

const comparisons = [
  { more: 'taller', most: 'tallest', least: 'shortest' },
  { more: 'older', most: 'oldest', least: 'youngest' },
  { more: 'faster', most: 'fastest', least: 'slowest' },
  { more: 'stronger', most: 'strongest', least: 'weakest' },
];

const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** @param {string} name */
const task = (name) => `# A stand-in for a reasoning benchmark: generated questions, see PROVENANCE.md.
task: ${name.replaceAll('-', '_')}
dataset_path: json
dataset_kwargs:
  data_files: { test: questions.jsonl }
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_target: "{{gold}}"
doc_to_choice: "{{choices}}"
metric_list:
  - metric: acc
  - metric: acc_norm
metadata:
  version: 1
`;

/**
 * @param {string} text
 * @param {readonly string[]} choices
 * @param {string} answer
 */
const asked = (text, choices, answer) => ({
  prompt: `Question: ${text}\nAnswer:`,
  completion: ` ${answer}`,
  choices,
  gold: choices.indexOf(answer),
});

/**
 * @param {string} id
 * @param {string} summary
 * @param {(draws: import('./draws.mjs').Draws) => import('./draws.mjs').Question} question
 * @returns {import('./draws.mjs').StandIn}
 */
const choiceSet = (id, summary, question) => ({
  id,
  summary,
  standsFor: 'a task of the commonsense reasoning benchmarks',
  task: task(id),
  question,
  row: ({ prompt, choices, gold }) => ({ question: prompt, choices, gold }),
});

/** Sets of multiple choice: each needs another kind of reasoning. */
export const choiceSets = [
  choiceSet('stand-in-places', 'An object is moved, and the question is where it is now.', (draws) => {
    const [first, second] = draws.some(people, 2);
    const [thing, choices] = [draws.one(objects), draws.some(places, 4)];
    const [from, to] = draws.some(choices, 2);
    const text = `${first} put the ${thing} in the ${from}. Later ${second} moved the ${thing} to the ${to}. Where is the ${thing} now?`;
    return asked(text, choices, to ?? '');
  }),
  choiceSet(
    'stand-in-order',
    'Three people are compared in pairs, and the question is who is first or last.',
    (draws) => {
      const [high = '', middle = '', low = ''] = draws.some(people, 3);
      const { more, most, least } = draws.one(comparisons);
      const facts = draws.some([`${high} is ${more} than ${middle}.`, `${middle} is ${more} than ${low}.`], 2);
      const isMost = draws.integer(0, 1) === 1;
      const choices = draws.some([high, middle, low], 3);
      return asked(`${facts.join(' ')} Who is the ${isMost ? most : least}?`, choices, isMost ? high : low);
    },
  ),
  choiceSet('stand-in-kinds', 'Four words, of which one is of another kind than asked.', (draws) => {
    const [kind = '', other = ''] = draws.some(Object.keys(kinds), 2);
    const words = new Map(Object.entries(kinds));
    const alike = draws.some(
      (words.get(kind) ?? []).filter((word) => !words.get(other)?.includes(word)),
      3,
    );
    const odd = draws.one((words.get(other) ?? []).filter((word) => !words.get(kind)?.includes(word)));
    const choices = draws.some([...alike, odd], 4);
    return asked(`Which of these is no ${kind}: ${choices.join(', ')}?`, choices, odd);
  }),
  choiceSet('stand-in-days', 'A day of the week some days before or after another.', (draws) => {
    const [who, start, shift] = [draws.one(people), draws.integer(0, 6), draws.integer(1, 5)];
    const isAfter = draws.integer(0, 1) === 1;
    const answer = days[(start + (isAfter ? shift : 7 - shift)) % 7] ?? '';
    const choices = draws.some(
      [
        answer,
        ...draws.some(
          days.filter((day) => day !== answer),
          3,
        ),
      ],
      4,
    );
    const when = `${shift} ${shift === 1 ? 'day' : 'days'} ${isAfter ? 'after' : 'before'}`;
    return asked(`${who} arrives on ${days[start]}. Which day is ${when} ${who} arrives?`, choices, answer);
  }),
];
