import { ActionIcon, Box, Menu, Skeleton, Text } from '@mantine/core';
import { IconClipboard, IconDots, IconFileTypeCsv, IconPhoto, IconTable, IconVector } from '@tabler/icons-react';
import { memo, useEffect, useEffectEvent, useRef, useState } from 'react';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { splitTitle, titleHeight } from '../../src-shared/figures/index.ts';
import { downloadText, downloadUrl, fileStem } from '../components/download.ts';
import { ErrorNote } from '../components/feedback/error-note.tsx';
import { notifyFailure, notifySuccess } from '../components/feedback/notify.tsx';
import { figureStrings } from '../strings/figures.ts';
import classes from './figure.module.css';
import { type FigureSource, figureToCsv } from './figure-data.ts';
import { useFigureTheme } from './figure-theme.ts';
import { showFigureValues } from './figure-values.tsx';
import { HoverLayer } from './hover-layer.tsx';
import { type FigurePoint, PlotlyView } from './plotly-view.ts';
import { PointKeys } from './point-keys.tsx';

interface FigureProps {
  figure: FigureSource;
  /** Pixels of title and plot. The figure keeps this height while it loads and whatever it shows. */
  height: number;
  /** What a screen reader calls the figure, and the name of files saved from it. Zoom is kept as long as it stays. */
  name: string;
  /** Under the figure, instead of the figure's own caption; an empty one leaves it out. */
  caption?: string;
  /** Figures of one group show where the pointer is over any of them. */
  hoverGroup?: string;
  onPointClick?: (point: FigurePoint) => void;
  /** Told the stretch of the x axis that was zoomed or moved to, and null when it shows everything again. */
  onZoom?: (range: readonly [number, number] | null) => void;
}

/** A plotly figure in the window's theme: redrawn at most four times a second, with a menu to copy and save it. */
export const Figure = memo(function Figure(props: FigureProps) {
  const { figure, height, name, caption, hoverGroup, onPointClick, onZoom } = props;
  const holder = useRef<HTMLDivElement>(null);
  const view = useRef<PlotlyView | null>(null);
  const theme = useFigureTheme();
  const [drawn, setDrawn] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const clicked = useEffectEvent((point: FigurePoint) => onPointClick?.(point));
  const zoomed = useEffectEvent((range: readonly [number, number] | null) => onZoom?.(range));
  const shownCaption = caption ?? figure.caption;
  const { title } = splitTitle(figure.layout);
  const plotHeight = height - titleHeight;
  const isClickable = onPointClick !== undefined;

  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const created = new PlotlyView(element, {
      onDrawn: () => {
        setDrawn(true);
        setFailure(null);
      },
      onFailed: setFailure,
      onPointClick: (point) => clicked(point),
      onZoom: (range) => zoomed(range),
    });
    view.current = created;
    return () => {
      view.current = null;
      created.dispose();
    };
  }, []);

  useEffect(() => {
    view.current?.show(figure, { theme, height: plotHeight, name });
  }, [figure, theme, plotHeight, name]);

  const fileName = fileStem(name);
  const attempt = (work: () => Promise<void>) => {
    work().catch((error: unknown) => notifyFailure(error, 'The figure was not saved'));
  };
  const save = (format: 'svg' | 'png') =>
    attempt(async () => {
      const url = await view.current?.image(format, theme);
      if (url) downloadUrl(url, `${fileName}.${format}`);
    });
  const copy = () =>
    attempt(async () => {
      const url = await view.current?.image('png', theme);
      if (!url) return;
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': dataUrlToBlob(url) })]);
      notifySuccess('Image copied', name);
    });
  const saveCsv = () => downloadText(figureToCsv(figure), `${fileName}.csv`);

  return (
    <figure className={classes['figure']} aria-label={name}>
      <div className={classes['head']}>
        <div className={classes['title']}>{title}</div>
        <div className={classes['tools']}>
          <Menu>
            <Menu.Target>
              <ActionIcon aria-label={`Copy or save the figure "${name}"`} size={24}>
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconTable size={16} />} onClick={() => showFigureValues(figure, name)}>
                {figureStrings.showValues}
              </Menu.Item>
              <Menu.Item leftSection={<IconClipboard size={16} />} onClick={copy}>
                Copy as image
              </Menu.Item>
              <Menu.Item leftSection={<IconVector size={16} />} onClick={() => save('svg')}>
                Save SVG
              </Menu.Item>
              <Menu.Item leftSection={<IconPhoto size={16} />} onClick={() => save('png')}>
                Save PNG
              </Menu.Item>
              <Menu.Item leftSection={<IconFileTypeCsv size={16} />} onClick={saveCsv}>
                Save CSV
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </div>
      </div>
      <Box className={classes['frame']} style={{ height: plotHeight }}>
        {drawn || failure ? null : <Skeleton className={classes['skeleton']} height={plotHeight - 8} />}
        <div
          ref={holder}
          className={classes['plot']}
          data-clickable={isClickable || undefined}
          style={{ height: plotHeight }}
        />
        {figure.hover ? (
          <HoverLayer
            plot={holder}
            figure={figure}
            hover={figure.hover}
            group={hoverGroup ?? name}
            geometry={() => view.current?.geometry() ?? null}
            {...(isClickable ? { onClick: clicked } : {})}
          />
        ) : null}
        {isClickable ? (
          <PointKeys
            figure={figure}
            name={name}
            pixelOf={(point) => view.current?.pixelOf(point) ?? null}
            onChoose={clicked}
          />
        ) : null}
      </Box>
      {failure ? (
        <ErrorNote error={new StudioError('internal', `The figure cannot be drawn: ${failure.message}`)} />
      ) : null}
      {shownCaption ? (
        <Text component="figcaption" c="dimmed" className={classes['caption'] ?? ''}>
          {shownCaption}
        </Text>
      ) : null}
    </figure>
  );
});

function dataUrlToBlob(url: string): Blob {
  const comma = url.indexOf(',');
  const binary = atob(url.slice(comma + 1));
  return new Blob([Uint8Array.from(binary, (character) => character.charCodeAt(0))], { type: 'image/png' });
}
