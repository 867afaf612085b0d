import { ActionIcon, Button, CloseButton, Drawer } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { GlossaryText } from '../../components/help/glossary-text.tsx';
import { backInSheet, closeHelp, followInSheet, useHelpSheet } from '../../components/help/help-store.ts';
import { guideStrings } from '../../strings/guide.ts';
import { DocumentView } from './document-view.tsx';
import classes from './guide-sheet.module.css';
import { titleOf } from './outline.ts';

interface GuideSheetProps {
  /** Leaves the sheet for the guide's own page. */
  onOpenPage: (document: string) => void;
}

/**
 * The help at the right side of the window, above whatever asked for it, which stays in sight and in use. Escape closes it and
 * leads back to the "?".
 */
export function GuideSheet({ onOpenPage }: GuideSheetProps) {
  const { open, trail, field } = useHelpSheet();
  // The first opening loads this component: it must be seen closed once, to lead back to what had the focus.
  const [ready, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  const place = trail.at(-1) ?? null;
  const title = place === null ? (field?.label ?? guideStrings.sheet) : titleOf(place.document);
  return (
    <Drawer.Root opened={open && ready} onClose={closeHelp} position="right" size={560} lockScroll={false}>
      <Drawer.Content classNames={{ content: classes['sheet'] ?? '' }}>
        <Drawer.Header className={classes['header'] ?? ''}>
          {trail.length > 1 ? (
            <ActionIcon aria-label={guideStrings.back} onClick={backInSheet}>
              <IconArrowLeft size={16} />
            </ActionIcon>
          ) : null}
          <Drawer.Title className={classes['title'] ?? ''}>{title}</Drawer.Title>
          {place === null ? null : (
            <Button
              variant="subtle"
              onClick={() => {
                closeHelp();
                onOpenPage(place.document);
              }}
            >
              {guideStrings.openInGuide}
            </Button>
          )}
          <CloseButton aria-label={guideStrings.close} onClick={closeHelp} data-autofocus />
        </Drawer.Header>
        <Drawer.Body className={classes['body'] ?? ''}>
          {field === null ? null : (
            <section className={classes['field']} aria-label={field.label}>
              <h3 className={classes['label']}>
                {field.label} <code>{field.name}</code>
              </h3>
              <p>
                <GlossaryText text={field.help} />
              </p>
            </section>
          )}
          {place === null ? null : <DocumentView place={place} onFollow={followInSheet} titled={false} />}
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
