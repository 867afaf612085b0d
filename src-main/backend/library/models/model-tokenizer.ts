import { readTokenizerFiles, TextTokenizer, type TokenizerFiles } from '../../../engine/api/text.ts';
import { FolderCache } from '../../../files/folder-cache.ts';

/** The last model's: it is asked for again and again while examples are viewed or a run is set up. */
const kept = new FolderCache<TextTokenizer>(1);
const keptFiles = new FolderCache<TokenizerFiles>(1);

/** Reads the files of a model folder's tokenizer. @throws StudioError invalid_file naming the file and the key */
export function modelTokenizerFiles(path: string): Promise<TokenizerFiles> {
  return keptFiles.read([path], '', () => readTokenizerFiles(path));
}

/**
 * The tokenizer of a model's folder.
 * @throws StudioError invalid_file if the folder has none, or an unusable one
 */
export function modelTokenizer(path: string): Promise<TextTokenizer> {
  return kept.read([path], '', async () => new TextTokenizer(await modelTokenizerFiles(path)));
}
