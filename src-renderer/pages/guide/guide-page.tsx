import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { guidePath, guidePlace } from '../../app/guide-path.ts';
import { navigate, useRoute } from '../../app/routes.tsx';
import type { GuidePlace } from '../../components/help/help-store.ts';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { DocumentView } from '../../features/guide/document-view.tsx';
import { documents } from '../../features/guide/documents.ts';
import classes from '../../features/guide/guide.module.css';
import { guideOutline } from '../../features/guide/outline.ts';
import { TopicList } from '../../features/guide/topic-list.tsx';
import { guideStrings } from '../../strings/guide.ts';

const addressOf = (place: GuidePlace) => `#${guidePath(place)}`;
const follow = (place: GuidePlace) => navigate(guidePath(place));

/** The guide, the method cards and the measured results, to read and to search without a network. */
export default function GuidePage() {
  const place = guidePlace(useRoute());
  const [query, setQuery] = useState('');
  const outline = useMemo(guideOutline, []);
  const cards = [...documents.keys()].filter((id) => id.startsWith('methods/') && id !== 'methods/README').length;
  return (
    <Page title={guideStrings.title} state={guideStrings.state(outline[0]?.topics.length ?? 0, cards)} fill>
      <SplitPanel
        name="guide"
        initial={300}
        left={
          <div className={classes['side']}>
            <TextInput
              leftSection={<IconSearch size={14} />}
              aria-label={guideStrings.search}
              placeholder={guideStrings.search}
              value={query}
              onChange={(event) => setQuery(event.currentTarget.value)}
            />
            <TopicList outline={outline} query={query} current={place.document} addressOf={addressOf} />
          </div>
        }
        right={
          <article className={classes['text']}>
            <DocumentView place={place} onFollow={follow} addressOf={addressOf} />
          </article>
        }
      />
    </Page>
  );
}
