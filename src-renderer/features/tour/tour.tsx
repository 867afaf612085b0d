import { Button } from '@mantine/core';
import { useEffect, useEffectEvent, useId, useLayoutEffect, useRef, useState } from 'react';
import { navigate, useRoute } from '../../app/routes.tsx';
import { tourStrings } from '../../strings/tour.ts';
import { type Box, boxAround, placeCard } from './place-card.ts';
import classes from './tour.module.css';
import { endTour, goToStop, useTour } from './tour-store.ts';

/** A stop of the tour: the page that it opens, and what it points at there. */
interface TourStop {
  readonly id: keyof typeof tourStrings.stops;
  readonly page: string;
  /** Selector of the elements within the highlight. */
  readonly target: string;
}

/** In the order of the work. */
const tourStops: readonly TourStop[] = [
  { id: 'data', page: 'data', target: '[data-tour="actions"]' },
  { id: 'models', page: 'models', target: '[data-tour="actions"]' },
  { id: 'train', page: 'train', target: '[data-tour="setup"]' },
  { id: 'results', page: 'runs', target: 'nav a[href="#/runs"], nav a[href="#/studies"]' },
];

/** Interval of looking for the target, which moves when a list comes or the window changes its size. */
const lookMilliseconds = 150;
/** Space between what is highlighted and the line around it. */
const padding = 4;

/** Four stops on the pages themselves; each highlights a part of its page and explains it in a card beside. */
export function Tour() {
  const at = useTour((tour) => tour.at);
  const stop = at === null ? undefined : tourStops[at];
  return at === null || stop === undefined ? null : <Stop at={at} stop={stop} />;
}

function Stop({ at, stop }: { at: number; stop: TourStop }) {
  const id = useId();
  const card = useRef<HTMLElement>(null);
  const target = useTarget(stop.target);
  const page = useRoute(({ segments }) => segments[0]);
  const leave = useEffectEvent(() => {
    const { from } = useTour.getState();
    endTour();
    navigate(from);
  });
  useOpenPage(stop.page, page);
  // The card takes the focus, so that it is read, after the page has changed: the page's heading then leaves it there.
  useEffect(() => {
    if (page === stop.page) card.current?.focus({ preventScroll: true });
  }, [stop, page]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      leave();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  useLayoutEffect(() => {
    const element = card.current;
    if (element === null) return;
    const { width, height } = element.getBoundingClientRect();
    const { left, top } = placeCard(target, { width, height }, viewSize());
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
  }, [target, stop]);
  const words = tourStrings.stops[stop.id];
  const isLast = at === tourStops.length - 1;
  return (
    <>
      {target === null ? null : <div className={classes['spot']} style={target} aria-hidden data-tour-spot />}
      <section
        ref={card}
        role="dialog"
        aria-labelledby={`${id}-count ${id}-title`}
        aria-describedby={`${id}-text`}
        tabIndex={-1}
        className={classes['card']}
      >
        <div id={`${id}-count`} className={classes['count']}>
          {tourStrings.count(at + 1, tourStops.length)}
        </div>
        <h2 id={`${id}-title`} className={classes['title']}>
          {words.title}
        </h2>
        <p id={`${id}-text`} className={classes['text']}>
          {words.text}
        </p>
        <div className={classes['buttons']}>
          {isLast ? (
            <span className={classes['skip']} />
          ) : (
            <Button variant="subtle" size="compact-sm" className={classes['skip'] ?? ''} onClick={leave}>
              {tourStrings.skip}
            </Button>
          )}
          {at === 0 ? null : (
            <Button variant="default" size="compact-sm" onClick={() => goToStop(at - 1)}>
              {tourStrings.back}
            </Button>
          )}
          <Button size="compact-sm" onClick={isLast ? leave : () => goToStop(at + 1)}>
            {isLast ? tourStrings.done : tourStrings.next}
          </Button>
        </div>
      </section>
    </>
  );
}

/** Opens the page of a stop; a person who leaves it for another one ends the tour. */
function useOpenPage(wanted: string, shown: string | undefined): void {
  const arrived = useRef<string | null>(null);
  useEffect(() => {
    if (shown === wanted) arrived.current = wanted;
    else if (arrived.current === wanted) endTour();
    else navigate(`/${wanted}`);
  }, [wanted, shown]);
}

/** The box around the elements of a selector, followed while the page changes; null while there are none. */
function useTarget(selector: string): Box | null {
  const [box, setBox] = useState<Box | null>(null);
  useEffect(() => {
    let last = '';
    const look = () => {
      const found = [...document.querySelectorAll(selector)]
        .map((element) => element.getBoundingClientRect())
        .filter(({ width, height }) => width > 0 && height > 0)
        .map(({ left, top, width, height }) => ({
          left: left - padding,
          top: top - padding,
          width: width + 2 * padding,
          height: height + 2 * padding,
        }));
      const next = boxAround(found, viewSize());
      const text = JSON.stringify([next, viewSize()]);
      if (text === last) return;
      last = text;
      setBox(next);
    };
    look();
    const timer = setInterval(look, lookMilliseconds);
    return () => clearInterval(timer);
  }, [selector]);
  return box;
}

function viewSize(): { readonly width: number; readonly height: number } {
  return { width: window.innerWidth, height: window.innerHeight };
}
