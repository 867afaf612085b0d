import { join } from 'node:path';
import type { AdapterRecord } from '../../../../src-shared/domain/adapters/adapter.ts';
import { chatTemplateFile } from '../../../engine/api/models.ts';
import { type TemplateInPlace, templateInPlace } from '../../../engine/api/text.ts';
import { fileLimits, readForeignText } from '../../../files/foreign-file.ts';
import type { Services } from '../../services/services.ts';
import { settingsOf } from './task-settings.ts';

/**
 * The chat template that an adapter was trained with, where it is not its base's: of its folder, else of the run that it comes
 * from: null text where it was trained without any. null: the base's, or not known.
 */
export async function chatTemplateOf(
  { home, store }: Pick<Services, 'home' | 'store'>,
  adapter: AdapterRecord,
): Promise<TemplateInPlace | null> {
  const kept = await readForeignText(join(home.absolute(adapter.folder), chatTemplateFile), fileLimits.prose);
  if (kept !== null) return { text: kept };
  const settings = settingsOf(store, adapter);
  return settings === null ? null : templateInPlace(settings.chat_template);
}
