import type { PassResult } from '../../pass-recorder.ts';
import type { Recording } from './recording.ts';

/** What a value is to other parts than the one that makes it. */
export interface ValueRole {
  /** The same in every variant of the part. */
  readonly name: string;
  readonly output?: { readonly gradient: string | null; readonly shape: readonly number[] };
}

/**
 * The roles of all values that are read outside the part that makes them: states that a layer passes on, what it keeps for its
 * own gradients, the gradient of its states, and results. A string says why a value has none: such a pass is not recorded.
 */
export function rolesOf(recording: Recording, { value, gradients }: PassResult): Map<object, ValueRole> | string {
  const roles = new Map<object, ValueRole>();
  const outputs = new Map<object, NonNullable<ValueRole['output']>>([
    [value.dataId, { gradient: null, shape: value.shape }],
  ]);
  for (const [name, { dataId, shape }] of gradients) {
    if (outputs.has(dataId)) return `the gradient of ${name} is that of another`;
    outputs.set(dataId, { gradient: name, shape });
  }
  for (const id of outputs.keys())
    if (recording.values.get(id)?.from !== 'part') return 'a result is not made by the pass';
  const kept = new Map<string, number>();
  const passedBack = new Set<string>();
  for (const [id, made] of recording.values) {
    if (made.from !== 'part') continue;
    const elsewhere = [...(recording.readers.get(id) ?? [])].filter((place) => place !== made.place);
    const output = outputs.get(id);
    const handedOver = recording.handedOver.get(id);
    if (handedOver !== undefined) {
      if (output !== undefined || made.place !== `forward ${handedOver}`) return 'states are passed on as they came';
      roles.set(id, { name: `states ${handedOver}` });
    } else if (output !== undefined) {
      if (elsewhere.length > 0) return `a result is read by ${elsewhere.join(', ')}`;
      roles.set(id, { name: output.gradient === null ? 'loss' : `gradient of ${output.gradient}`, output });
    } else if (elsewhere.length > 0) {
      const [direction, layer = ''] = made.place.split(' ');
      const [only = '', ...further] = elsewhere;
      if (further.length > 0) return `a value of ${made.place} is read by ${elsewhere.join(', ')}`;
      if (direction === 'forward' && only === `backward ${layer}`) {
        const size = `${layer} of ${made.bytes}`;
        const index = kept.get(size) ?? 0;
        kept.set(size, index + 1);
        roles.set(id, { name: `kept ${layer}, ${index}` });
      } else if (direction === 'backward' && only === `backward ${Number(layer) - 1}` && !passedBack.has(only)) {
        passedBack.add(only);
        // Two buffers in turn: that of the layer above is read no more when this one is written.
        roles.set(id, { name: `passed back ${Number(layer) % 2}` });
      } else return `a value of ${made.place} is read by ${only}`;
    }
  }
  return roles;
}
