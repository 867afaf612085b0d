import { join } from 'node:path';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { chatTemplateFile } from '../../engine/api/models.ts';
import { ownTemplate } from '../../engine/api/text.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import type { Services } from '../services/services.ts';

/** Keeps the chat template by which a run's conversations are written beside its history: the model's own may change or go. */
export async function keepTemplate(
  { home, reader, log }: Pick<Services, 'home' | 'reader' | 'log'>,
  { id, config, folder }: Pick<RunRecord, 'id' | 'config' | 'folder'>,
  model: Pick<ModelRecord, 'path' | 'description'>,
): Promise<void> {
  if (model.description.kind !== 'causal-lm' || config.chat_template === 'none') return;
  try {
    const text =
      ownTemplate(config.chat_template) ?? (await reader.read('templates', { folder: model.path })).own[0]?.text;
    if (text !== undefined) await writeFileAtomic(join(home.absolute(folder), chatTemplateFile), text);
  } catch (error) {
    // Training itself reports unreadable templates.
    log.warn({ err: error, run: id }, 'the chat template of a run was not kept');
  }
}
