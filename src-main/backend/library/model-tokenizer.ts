import { loadTokenizer, type TextTokenizer } from '../../engine/tokenization/tokenizer.ts';
import { FolderCache } from './folder-cache.ts';

/** The last model's: it is asked for again and again while examples are viewed or a run is set up. */
const kept = new FolderCache<TextTokenizer>(1);

/**
 * The tokenizer of a model's folder.
 * @throws StudioError invalid_file if the folder has none, or an unusable one
 */
export function modelTokenizer(path: string): Promise<TextTokenizer> {
  return kept.read([path], '', () => loadTokenizer(path));
}
