import { formatted } from './format.ts';
import { escaped, markup } from './markup.ts';
import { pairsOf } from './members.ts';
import { lengthOf } from './python-characters.ts';
import { holds } from './tests.ts';
import { centered, stripped } from './text-methods.ts';
import {
  areEqual,
  attributeOf,
  compare,
  entriesOf,
  floatValue,
  isNone,
  isNothing,
  isTrue,
  listOf,
  numberOf,
  textOf,
  toValue,
  type Value,
} from './values.ts';

/** Arguments of a filter besides its value. */
export interface FilterArguments {
  readonly values: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
  /** Any filter by its name, ours or the library's. */
  apply(name: string, value: Value, values: readonly Value[], named: ReadonlyMap<string, Value>): Value;
}

type Filter = (value: Value, given: FilterArguments) => Value;

const argument = ({ values, named }: FilterArguments, at: number, name: string): Value | undefined =>
  values[at] ?? named.get(name);
const number = (value: Value | undefined, otherwise: number): number =>
  value === undefined ? otherwise : (numberOf(value) ?? otherwise);
const isSet = (value: Value | undefined): boolean => value !== undefined && isTrue(value);

const defaulted: Filter = (value, given) =>
  isNothing(value) || (isSet(argument(given, 1, 'boolean')) && !isTrue(value))
    ? (argument(given, 0, 'default_value') ?? toValue(''))
    : value;

const escapedMarkup: Filter = (value) => markup(escaped(textOf(value)));

const counted: Filter = ({ value }) => {
  if (value instanceof Map) return toValue(value.size);
  if (Array.isArray(value)) return toValue(value.length);
  return toValue(typeof value === 'string' ? lengthOf(value) : 0);
};

/** Undefined and none have no entries for select, reject and map. */
const entriesIn = (value: Value): Value[] => (isTrue(value) ? entriesOf(value) : []);

/** Entries for which a test holds, or does not: without a name, those that are true. */
const selected =
  (wanted: boolean, isOfAttribute: boolean): Filter =>
  (value, { values }) => {
    const [path, test, compared] = isOfAttribute ? values : [undefined, ...values];
    return listOf(
      entriesIn(value).filter((entry) => {
        const judged = path === undefined ? entry : attributeOf(entry, textOf(path));
        return (test === undefined ? isTrue(judged) : holds(textOf(test), judged, compared)) === wanted;
      }),
    );
  };

const mapped: Filter = (value, given) => {
  const attribute = given.named.get('attribute');
  const otherwise = given.named.get('default');
  if (attribute !== undefined)
    return listOf(
      entriesIn(value).map((entry) => {
        const found = attributeOf(entry, textOf(attribute));
        return isNothing(found) && otherwise !== undefined ? otherwise : found;
      }),
    );
  const [name, ...values] = given.values;
  if (name === undefined) throw new Error('map needs a filter or an attribute');
  return listOf(entriesIn(value).map((entry) => given.apply(textOf(name), entry, values, given.named)));
};

/** `sign`: 1 for the largest entry, -1 for the smallest. */
const extreme =
  (sign: 1 | -1): Filter =>
  (value, { named }) => {
    const attribute = named.get('attribute');
    const judged = (entry: Value): Value => (attribute === undefined ? entry : attributeOf(entry, textOf(attribute)));
    let best: Value | undefined;
    for (const entry of entriesOf(value))
      if (best === undefined || sign * compare(judged(entry), judged(best)) > 0) best = entry;
    return best ?? toValue(undefined);
  };

const summed: Filter = (value, { named, values }) => {
  const attribute = named.get('attribute') ?? values[0];
  let sum = number(named.get('start') ?? values[1], 0);
  let isFloat = false;
  for (const entry of entriesOf(value)) {
    const added = attribute === undefined ? entry : attributeOf(entry, textOf(attribute));
    sum += number(added, Number.NaN);
    isFloat ||= added.type === 'FloatValue';
  }
  return isFloat ? floatValue(sum) : toValue(sum);
};

/** A mapping's pairs in the order of their keys, or of their values. */
const sortedPairs: Filter = (value, given) => {
  const place = textOf(argument(given, 1, 'by') ?? toValue('key')) === 'value' ? 1 : 0;
  const isCased = isSet(argument(given, 0, 'case_sensitive'));
  const sign = isSet(argument(given, 2, 'reverse')) ? -1 : 1;
  const judged = (one: Value): Value =>
    typeof one.value === 'string' && !isCased ? toValue(one.value.toLowerCase()) : one;
  const pairs = pairsOf(value).sort((one, other) => sign * compare(judged(one[place]), judged(other[place])));
  return listOf(pairs.map(listOf));
};

/** Groups of an attribute's values, in order, each a value with its entries. */
const grouped: Filter = (value, given) => {
  const path = textOf(argument(given, 0, 'attribute') ?? toValue(''));
  const groups: { by: Value; entries: Value[] }[] = [];
  for (const entry of entriesOf(value)) {
    const by = attributeOf(entry, path);
    const known = groups.find((group) => areEqual(group.by, by));
    if (known === undefined) groups.push({ by, entries: [entry] });
    else known.entries.push(entry);
  }
  groups.sort((one, other) => compare(one.by, other.by));
  return listOf(groups.map(({ by, entries }) => listOf([by, listOf(entries)])));
};

const batched: Filter = (value, given) => {
  const size = Math.max(1, number(argument(given, 0, 'linecount'), 1));
  const fill = argument(given, 1, 'fill_with');
  const entries = entriesOf(value);
  const batches: Value[] = [];
  for (let start = 0; start < entries.length; start += size) {
    const batch = entries.slice(start, start + size);
    while (fill !== undefined && batch.length < size && size <= 10_000) batch.push(fill);
    batches.push(listOf(batch));
  }
  return listOf(batches);
};

/** Python rounds halves to the even number; with digits, in decimal. */
const rounded: Filter = (value, given) => {
  const digits = number(argument(given, 0, 'precision'), 0);
  const method = textOf(argument(given, 1, 'method') ?? toValue('common'));
  const scaled = number(value, Number.NaN) * 10 ** digits;
  const near = Math.round(scaled);
  const even = Math.abs(scaled % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
  const whole = method === 'ceil' ? Math.ceil(scaled) : method === 'floor' ? Math.floor(scaled) : even;
  return floatValue(whole / 10 ** digits);
};

const truncated: Filter = (value, given) => {
  const text = textOf(value);
  const length = number(argument(given, 0, 'length'), 255);
  const end = textOf(argument(given, 2, 'end') ?? toValue('...'));
  const leeway = number(argument(given, 3, 'leeway'), 5);
  if (text.length <= length + leeway) return toValue(text);
  const cut = text.slice(0, Math.max(0, length - end.length));
  const space = cut.lastIndexOf(' ');
  const isWhole = isSet(argument(given, 1, 'killwords')) || space < 0;
  return toValue(`${isWhole ? cut : cut.slice(0, space)}${end}`);
};

const trimmed: Filter = (value, given) => {
  const characters = argument(given, 0, 'chars');
  const text = textOf(value);
  if (characters === undefined || isNone(characters)) return toValue(text.trim());
  return toValue(stripped(text, textOf(characters), { atStart: true, atEnd: true }));
};

/** Jinja2's filters that the library lacks, or has otherwise. */
const filters: Readonly<Record<string, Filter>> = {
  attr: () => toValue(undefined),
  batch: batched,
  center: (value, given) => toValue(centered(textOf(value), number(argument(given, 0, 'width'), 80), ' ')),
  count: counted,
  d: defaulted,
  default: defaulted,
  dictsort: sortedPairs,
  e: escapedMarkup,
  escape: escapedMarkup,
  first: (value) => entriesOf(value)[0] ?? toValue(undefined),
  format: (value, { values }) => toValue(formatted(textOf(value), values)),
  groupby: grouped,
  items: (value) => listOf(pairsOf(value).map(listOf)),
  join: (value, given) => {
    const attribute = argument(given, 1, 'attribute');
    const entries = entriesOf(value).map((entry) =>
      attribute === undefined ? entry : attributeOf(entry, textOf(attribute)),
    );
    return toValue(entries.map(textOf).join(textOf(argument(given, 0, 'd') ?? toValue(''))));
  },
  last: (value) => entriesOf(value).at(-1) ?? toValue(undefined),
  length: counted,
  list: (value) => listOf(entriesOf(value)),
  map: mapped,
  max: extreme(1),
  min: extreme(-1),
  reject: selected(false, false),
  rejectattr: selected(false, true),
  reverse: (value) =>
    typeof value.value === 'string'
      ? toValue(Array.from(value.value).reverse().join(''))
      : listOf(entriesOf(value).toReversed()),
  round: rounded,
  safe: (value) => markup(textOf(value)),
  select: selected(true, false),
  selectattr: selected(true, true),
  string: (value) => toValue(textOf(value)),
  striptags: (value) =>
    toValue(
      textOf(value)
        .replaceAll(/<!--.*?-->|<[^>]*>/gs, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    ),
  sum: summed,
  title: (value) =>
    toValue(
      textOf(value).replaceAll(/[^-\s({[<]+/g, (word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase()),
    ),
  trim: trimmed,
  truncate: truncated,
  urlencode: (value) =>
    toValue(
      encodeURIComponent(textOf(value))
        .replaceAll('%2F', '/')
        .replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`),
    ),
  wordcount: (value) => toValue(textOf(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
};

/** Our filter of this name; undefined where the library's is used. */
export function filterNamed(name: string): Filter | undefined {
  return Object.hasOwn(filters, name) ? filters[name] : undefined;
}
