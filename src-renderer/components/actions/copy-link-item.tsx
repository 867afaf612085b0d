import { IconLink } from '@tabler/icons-react';
import { type LinkedRecord, linkTo } from '../../../src-shared/links.ts';
import { appStrings } from '../../strings/app.ts';
import { notifyFailure, notifySuccess } from '../feedback/notify.tsx';
import type { MoreItem } from '../layout/page.tsx';

/** The item of a "more" menu that copies a link to a record, which opens its page from other programs. */
export function copyLinkItem(kind: LinkedRecord, id: string): MoreItem {
  const link = linkTo(kind, id);
  return {
    label: appStrings.copyLink,
    icon: <IconLink size={16} />,
    onClick: () =>
      void navigator.clipboard.writeText(link).then(
        () => notifySuccess(appStrings.linkCopied, link),
        (error: unknown) => notifyFailure(error, appStrings.linkNotCopied),
      ),
  };
}
