import { ActionIcon, Menu } from '@mantine/core';
import {
  IconClipboard,
  IconDots,
  IconFileTypeCsv,
  IconFileTypePdf,
  IconMathFunction,
  IconPhoto,
  IconTable,
  IconVector,
} from '@tabler/icons-react';
import { memo, type RefObject } from 'react';
import type { FigureTheme } from '../../src-shared/figures/index.ts';
import { downloadText, downloadUrl, fileStem } from '../components/download.ts';
import { DragHandle } from '../components/drag-handle.tsx';
import { notifyFailure, notifySuccess } from '../components/feedback/notify.tsx';
import { figureStrings } from '../strings/figures.ts';
import { figureToCsv } from './figure-data.ts';
import { svgOf } from './figure-image.ts';
import type { GrowingFigure } from './figure-source.ts';
import { showFigureValues } from './figure-values.tsx';
import type { PlotlyView } from './plotly-view.ts';

interface FigureMenuProps {
  name: string;
  theme: FigureTheme;
  /** The figure as it is now: while it grows, its menu is not drawn again. */
  latest: RefObject<GrowingFigure>;
  view: RefObject<PlotlyView | null>;
}

/** Menu of a figure: copy its values, save an image or a file. */
export const FigureMenu = memo(function FigureMenu({ name, theme, latest, view }: FigureMenuProps) {
  const fileName = fileStem(name);
  const attempt = (work: () => Promise<void>) => {
    work().catch((error: unknown) => notifyFailure(error, figureStrings.notSaved));
  };
  const save = (format: 'svg' | 'png') =>
    attempt(async () => {
      const url = await view.current?.image(format, theme);
      if (url) downloadUrl(url, `${fileName}.${format}`);
    });
  const saveVectors = (format: 'pdf' | 'pgf') =>
    attempt(async () => {
      const content = await view.current?.vectors(format, theme);
      if (!content) return;
      if (format === 'pdf') downloadUrl(content, `${fileName}.pdf`);
      else downloadText(content, `${fileName}.pgf`);
    });
  const copy = () =>
    attempt(async () => {
      const url = await view.current?.image('png', theme);
      if (!url) return;
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': dataUrlToBlob(url) })]);
      notifySuccess(figureStrings.imageCopied, name);
    });
  const saveCsv = () => downloadText(figureToCsv(latest.current.current()), `${fileName}.csv`);

  const dragged = async ({ shiftKey, altKey }: { readonly shiftKey: boolean; readonly altKey: boolean }) => {
    if (altKey && shiftKey) {
      const pdf = await view.current?.vectors('pdf', theme);
      return pdf ? fileItem(`${fileName}.pdf`, pdf) : null;
    }
    if (altKey) return fileItem(`${fileName}.csv`, figureToCsv(latest.current.current()));
    const format = shiftKey ? 'svg' : 'png';
    const url = await view.current?.image(format, theme);
    if (!url) return null;
    const content = format === 'png' ? url : svgOf(url);
    return fileItem(`${fileName}.${format}`, content);
  };

  return (
    <>
      <DragHandle label={figureStrings.drag} item={dragged} />
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={figureStrings.menu(name)} size={24}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconTable size={16} />}
            onClick={() => showFigureValues(latest.current.current(), name)}
          >
            {figureStrings.showValues}
          </Menu.Item>
          <Menu.Item leftSection={<IconClipboard size={16} />} onClick={copy}>
            {figureStrings.copyImage}
          </Menu.Item>
          <Menu.Item leftSection={<IconVector size={16} />} onClick={() => save('svg')}>
            {figureStrings.saveSvg}
          </Menu.Item>
          <Menu.Item leftSection={<IconPhoto size={16} />} onClick={() => save('png')}>
            {figureStrings.savePng}
          </Menu.Item>
          <Menu.Item leftSection={<IconFileTypePdf size={16} />} onClick={() => saveVectors('pdf')}>
            {figureStrings.savePdf}
          </Menu.Item>
          <Menu.Item leftSection={<IconMathFunction size={16} />} onClick={() => saveVectors('pgf')}>
            {figureStrings.savePgf}
          </Menu.Item>
          <Menu.Item leftSection={<IconFileTypeCsv size={16} />} onClick={saveCsv}>
            {figureStrings.saveCsv}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
});

function fileItem(name: string, content: string) {
  return { kind: 'file' as const, name, content };
}

function dataUrlToBlob(url: string): Blob {
  const comma = url.indexOf(',');
  const binary = atob(url.slice(comma + 1));
  return new Blob([Uint8Array.from(binary, (character) => character.charCodeAt(0))], { type: 'image/png' });
}
