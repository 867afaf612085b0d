import { useLocalStorage } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from 'react';
import { appStrings } from '../../strings/app.ts';
import classes from './split-panel.module.css';

interface SplitPanelProps {
  /** Under this name the width is remembered. */
  name: string;
  left: ReactNode;
  /** Null: the left side has all the room. */
  right: ReactNode;
  /** Pixels of the left side at first, and the least that each side keeps. */
  initial?: number;
  minimum?: number;
  minimumRight?: number;
  /** True: the right side scrolls inside panels of its own. */
  fillRight?: boolean;
}

/** Two panels side by side: drag the line between them or move it with the arrow keys; the width is remembered. */
export function SplitPanel({
  name,
  left,
  right,
  initial = 360,
  minimum = 240,
  minimumRight = 360,
  fillRight = false,
}: SplitPanelProps) {
  const container = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useLocalStorage({
    key: `coto-split-${name}`,
    defaultValue: initial,
    getInitialValueInEffect: false,
  });

  const resize = (wanted: number) => {
    const available = container.current?.clientWidth ?? 1200;
    setWidth(Math.round(Math.max(minimum, Math.min(available - minimumRight, wanted))));
  };
  const onPointerMove = (event: PointerEvent<HTMLHRElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId) || !container.current) return;
    resize(event.clientX - container.current.getBoundingClientRect().left);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowLeft' ? -16 : event.key === 'ArrowRight' ? 16 : 0;
    if (step === 0) return;
    event.preventDefault();
    resize(width + step);
  };

  return (
    <div ref={container} className={classes['split']}>
      <div
        className={classes['side']}
        style={{ width: right === null ? '100%' : `min(${width}px, calc(100% - ${minimumRight}px))` }}
      >
        {left}
      </div>
      {right === null ? null : (
        <>
          <hr
            className={classes['line']}
            tabIndex={0}
            aria-orientation="vertical"
            aria-label={appStrings.leftWidth}
            aria-valuenow={width}
            aria-valuemin={minimum}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={onPointerMove}
            onDoubleClick={() => resize(initial)}
            onKeyDown={onKeyDown}
          />
          <div className={classes[fillRight ? 'filled' : 'rest']}>{right}</div>
        </>
      )}
    </div>
  );
}
