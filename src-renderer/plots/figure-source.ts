import type { FigureSource } from './figure-data.ts';

/**
 * A figure that may grow: made when it is asked for, so that what is out of sight is not made at all, and told of outside of
 * React, so that nothing is rendered for a new point.
 */
export interface GrowingFigure {
  /** The figure as it is now; the same object until it changes. */
  current(): FigureSource;
  /** Calls the listener each time that it changed, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

/** A store that tells of its changes. */
interface Source {
  subscribe(listener: () => void): () => void;
}

/**
 * A figure made of parts of some stores. It changes when one of its parts is another object, and is made when it is first
 * asked for after that.
 */
export function growingFigure<Parts extends readonly unknown[] | []>(
  sources: readonly Source[],
  read: () => Parts,
  make: (...parts: Parts) => FigureSource,
): GrowingFigure {
  let made: { readonly parts: Parts; readonly figure: FigureSource } | null = null;
  return {
    current() {
      const parts = read();
      if (made === null || !isSame(parts, made.parts)) made = { parts, figure: make(...parts) };
      return made.figure;
    },
    subscribe(listener) {
      let told = read();
      const look = () => {
        const parts = read();
        if (isSame(parts, told)) return;
        told = parts;
        listener();
      };
      const stops = sources.map((source) => source.subscribe(look));
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

/** A figure that stays as it is. */
export function constantFigure(figure: FigureSource): GrowingFigure {
  return { current: () => figure, subscribe: () => () => undefined };
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((part, index) => part === other[index]);
}
