/**
 * The text datasets below `<resources>/data`, each a folder with train.jsonl, test.jsonl, PROVENANCE.md and LICENSE.
 */
export const bundledTexts: readonly { readonly id: string; readonly name: string; readonly licence: string }[] = [
  {
    id: 'spam-subjects',
    name: 'SpamAssassin subjects',
    licence: 'PDDL 1.0 and CC0 1.0 by the package; the corpus: copyright remains with the senders',
  },
  {
    id: 'brown-genres',
    name: 'Brown genres',
    licence: '"redistribution permitted"; NLTK: "May be used for non-commercial purposes."',
  },
  {
    id: 'wordnet-supersenses',
    name: 'WordNet supersenses',
    licence: 'WordNet, © 2011 Princeton University',
  },
  {
    id: 'opinion-words',
    name: 'Opinion words',
    licence: 'ODC-By 1.0 and CC BY 4.0, © Minqing Hu and Bing Liu',
  },
  {
    id: 'state-of-the-union',
    name: 'State of the Union',
    licence: 'public domain (US Government)',
  },
  {
    id: 'pronunciation',
    name: 'CMUdict pronunciations',
    licence: 'BSD-2-Clause, © Carnegie Mellon University; the package ISC, © Zeke Sikelianos',
  },
];
