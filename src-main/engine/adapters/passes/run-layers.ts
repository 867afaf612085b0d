import type { HiddenStates } from '../../models/base-model.ts';

interface Layered {
  readonly base: { readonly layerCount: number };
  layer(index: number, states: HiddenStates): HiddenStates;
}

/** The layers from `start` on. The states between them are disposed; those that are given stay the caller's. */
export function layersFrom(model: Layered, start: number, states: HiddenStates): HiddenStates {
  let current = states;
  for (let index = start; index < model.base.layerCount; index++) {
    const next = model.layer(index, current);
    if (current !== states) current.hidden.dispose();
    current = next;
  }
  return current;
}
