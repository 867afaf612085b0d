import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { checkPrompts } from '../../engine/api/merging.ts';
import type { TokenizerIdentity } from '../../engine/api/text.ts';
import { FolderCache } from '../../files/folder-cache.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { AdapterBase } from '../library/adapters/adapter-base.ts';
import { settingsOf } from '../library/adapters/task-settings.ts';

const nothing = { tokenizer: null, template: null };

/** Checks tokenizers, chat templates and prompts of adapters whose base reads text; no lines for others. */
export class PromptCheck {
  private readonly identities = new FolderCache<TokenizerIdentity | null>(64);

  async lines(
    { store, home, reader }: Pick<HandlerServices, 'store' | 'home' | 'reader'>,
    { description, model }: AdapterBase,
    adapters: readonly AdapterRecord[],
    names: readonly string[],
  ): Promise<PreflightLine[]> {
    if (description.text === null || adapters.length < 2) return [];
    const facts = await Promise.all(
      adapters.map(async (adapter) => ({
        ...(await this.identity(reader, home.absolute(adapter.folder))),
        // Only what a language model reads is written by a template.
        settings: description.kind === 'causal-lm' ? settingsOf(store, adapter) : null,
      })),
    );
    const base = model === null ? nothing : await this.identity(reader, model.path);
    return checkPrompts(facts, names, base);
  }

  /** A tokenizer that cannot be read says nothing here: what needs it says why. */
  private async identity(
    reader: HandlerServices['reader'],
    folder: string,
  ): Promise<Pick<TokenizerIdentity, 'template'> & { tokenizer: string | null }> {
    try {
      return (await this.identities.read([folder], '', () => reader.read('tokenizerIdentity', { folder }))) ?? nothing;
    } catch (error) {
      if (error instanceof StudioError || (error instanceof Error && 'code' in error)) return nothing;
      throw error;
    }
  }
}
