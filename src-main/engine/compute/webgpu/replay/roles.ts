import type { PassPlace, PassResult } from '../../pass-recorder.ts';
import type { Recording } from './recording.ts';

/** Use of a value by parts other than its own. */
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
  const counts = new Map<string, number>();
  const count = (kind: string) => {
    const index = counts.get(kind) ?? 0;
    counts.set(kind, index + 1);
    return index;
  };
  const passedBack = new Set<number>();
  for (const [id, made] of recording.values) {
    if (made.from !== 'part') continue;
    const elsewhere = [...(recording.readers.get(id) ?? [])].filter((place) => place !== made.place);
    const place = placeOf(recording, made.place);
    const output = outputs.get(id);
    const handedOver = recording.handedOver.get(id);
    if (handedOver !== undefined) {
      if (output !== undefined || place.isBackward || place.layer !== handedOver)
        return 'states are passed on as they came';
      roles.set(id, { name: `states ${handedOver}` });
    } else if (output !== undefined) {
      if (elsewhere.length > 0) return `a result is read by ${elsewhere.join(', ')}`;
      roles.set(id, { name: output.gradient === null ? 'loss' : `gradient of ${output.gradient}`, output });
    } else if (isPassedBack(recording, id, place, elsewhere)) {
      if (passedBack.has(place.layer)) return `${made.place} passes back more than one gradient`;
      passedBack.add(place.layer);
      // Two buffers in turn: that of the layer above is read no more when this one is written.
      roles.set(id, { name: `passed back ${place.layer % 2}` });
    } else if (place.segment !== undefined) {
      const isGiven = recording.given.has(id);
      const kind = kindInSegment(recording, place, isGiven, elsewhere);
      if (kind === null) return `a value of ${made.place} is read by ${elsewhere.join(', ')}`;
      if (kind === 'local') continue;
      const index = count(`${made.place}, ${kind}`);
      if (index > 0 && kind === 'result') return `${made.place} has more than one result`;
      // Only what the way back may read lasts longer than the layer.
      const layer = place.isBackward ? 'any layer back' : place.layer;
      roles.set(id, { name: `${kind} of ${place.segment} in ${layer}, ${index}` });
    } else if (elsewhere.length > 0) {
      if (place.isBackward || elsewhere.join() !== `backward ${place.layer}`)
        return `a value of ${made.place} is read by ${elsewhere.join(', ')}`;
      roles.set(id, { name: `kept ${place.layer}, ${count(`${place.layer} of ${made.bytes}`)}` });
    }
  }
  return roles;
}

function placeOf({ places }: Recording, id: string): PassPlace {
  const place = places.get(id);
  if (place === undefined) throw new Error(`a recorded pass never entered ${id}`);
  return place;
}

function isPassedBack(
  recording: Recording,
  id: object,
  { layer, isBackward }: PassPlace,
  elsewhere: string[],
): boolean {
  if (!isBackward) return false;
  if (recording.handedBack.has(id)) return true;
  const below = elsewhere.map((reader) => placeOf(recording, reader));
  return below.length > 0 && below.every((reader) => reader.isBackward && reader.layer === layer - 1);
}

/**
 * Returns the role of a segment's value for other parts: a linear's result, or what it saves for its own backward pass,
 * with its adapter on or off. Between linears, any value may be read, since only the linears determine that. Null: no
 * such role.
 */
function kindInSegment(
  recording: Recording,
  { layer, isBackward, segment, isLinear = false }: PassPlace,
  isGiven: boolean,
  elsewhere: readonly string[],
): 'local' | 'result' | 'kept' | 'value' | null {
  const readers = elsewhere.map((reader) => placeOf(recording, reader));
  if (readers.some((reader) => reader.layer !== layer)) return null;
  if (!isLinear) return 'value';
  if (isGiven) return 'result';
  if (readers.length === 0) return 'local';
  if (isBackward) return 'result';
  return readers.every((reader) => reader.isBackward && reader.segment === segment) ? 'kept' : null;
}
