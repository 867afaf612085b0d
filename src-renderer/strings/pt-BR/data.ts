import { anyLength } from '../../../src-shared/domain/models/model.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, counted, plural, rowsOf, tokensOf } from './counts.ts';

/** "primeira linha", "primeiras 5 linhas" */
const firstRowsOf = (count: number): string =>
  plural(count, { one: 'primeira linha', many: 'primeiras # de linhas', other: 'primeiras # linhas' });

export const data: Catalog['data'] = {
  example: (label, index) => `${label}, exemplo ${index}`,
  content: {
    classes: classesOf,
    tags: (count) => counted(count, 'tag'),
    preferences: 'preferências',
    questions: 'perguntas',
    conversations: 'conversas',
    prompts: 'prompts',
    pairs: 'pares',
    numbers: 'números',
    unlabeled: 'sem rótulos',
    split: (count, split) => `${formatCount(count)} ${split}`,
  },
  title: 'Dados',
  count: (count) => counted(count, 'dataset'),
  list: 'Datasets',
  filter: 'Filtrar datasets…',
  noMatch: 'Nenhum dataset encontrado',
  empty:
    'Ainda não há datasets. Adicionar um arquivo de texto (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL), uma pasta gravada por save_to_disk da datasets do Hugging Face, uma pasta de arquivos IDX ou uma pasta com uma pasta de imagens por classe.',
  drop: 'Soltar um arquivo de texto (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL) ou uma pasta (save_to_disk, imagens por classe ou IDX) para adicionar os dados',
  add: 'Adicionar dados',
  addFolder: 'Pasta (save_to_disk, imagens por classe ou IDX)',
  addFile: 'Arquivo de texto (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL)',
  chooseFolder: 'Escolher uma pasta (save_to_disk, imagens por classe ou IDX)',
  chooseFile: 'Escolher um arquivo de dados',
  added: 'Dataset adicionado',
  bundled: 'incluído',
  draft: 'rascunho',
  unsaved: 'alterações não salvas',
  import: 'Importar',
  unanswerable: 'sem resposta',
  dismiss: 'Dispensar',
  tryAgain: 'Tentar de novo',
  grayscale: 'tons de cinza',
  channels: (count) => counted(count, 'canal', 'canais'),
  pixels: (width, height) => `${width} × ${height} pixels`,
  rows: (rows, skipped) =>
    skipped === 0 ? rowsOf(rows) : `${rowsOf(rows)}, ${plural(skipped, { one: '# ignorada', other: '# ignoradas' })}`,
  matchesNothing: (value, rows, column, found) =>
    `Nenhuma das primeiras ${formatCount(rows)} linhas tem “${value}” em ${column}: nada seria reservado para o teste. Encontrado: ${found.join(', ')}.`,
  tooManyFaults: (faulty, rows) =>
    `Linhas com erros na amostra (${firstRowsOf(rows)}): ${formatCount(faulty)}. Corrigir as linhas indicadas em Problemas, ou ativar “Leave out faulty rows”.`,
  lengths: (examples, median, p95, longest) =>
    `${plural(examples, { one: 'Primeiro exemplo de treinamento', many: 'Primeiros # de exemplos de treinamento', other: 'Primeiros # exemplos de treinamento' })}: mediana ${formatCount(median)} · p95 ${formatCount(p95)} · máx. ${formatCount(longest)} tokens.`,
  accounting: {
    title: 'Uso de colunas e linhas',
    firstRows: (rows) => `${firstRowsOf(rows)}; todas são lidas ao adicionar o dataset`,
    what: 'O quê',
    is: 'É',
    detail: 'Para quê ou por quê',
    questions: 'Conteúdo sem função',
    questionsNote: 'escolher a função de cada coluna, ou que não é usada',
    choose: 'Escolher…',
    notUsed: 'Não usada',
    mergeLabels: 'Unir rótulos',
    unanswered: (column) => `Escolher a função da coluna “${column}”, ou que não é usada.`,
  },
  problems: 'Problemas',
  problemsNote: (isTooMany) =>
    `${isTooMany ? 'linhas demais para ignorar sem perguntar' : 'estas linhas são ignoradas'}; só uma prévia, as demais linhas são verificadas ao importar`,
  byRow: (title) => `${title} por linha`,
  repairs: {
    repair: (rows) => `Reparar ${rowsOf(rows)}`,
    offered: 'O que um reparo mudaria',
    repaired: 'Alterado por passos',
    inFirstRows: 'nas primeiras linhas; todas as linhas são lidas ao adicionar o dataset',
  },
  truncates: (maxLength, count) => `max_length ${formatCount(maxLength)} trunca ${formatCount(count)}.`,
  inWindows: (rows, limit) =>
    `${counted(rows, 'texto')} com mais de ${tokensOf(limit)} (max_seq_length) ${plural(rows, { one: 'é lido', other: 'são lidos' })} em janelas.`,
  context: (model, tokens) =>
    tokens >= anyLength ? `${model} lê textos de qualquer tamanho.` : `${model} lê até ${formatCount(tokens)}.`,
  conversation: {
    title: 'Conversa',
    excluded: (role) => `${role} (fora da perda)`,
    verdicts: { chosen: 'Preferida', rejected: 'Rejeitada', wanted: 'Desejada', unwanted: 'Indesejada' },
  },
  tokens: {
    inTemplate: (model) => `Texto, no template de chat de ${model}`,
    plain: 'Texto, sem template',
    written: 'Texto como o modelo o lê',
    list: 'Tokens',
    count: (tokens, inLoss) =>
      inLoss === null ? tokensOf(tokens) : `${tokensOf(tokens)}, ${formatCount(inLoss)} na perda`,
    first: (shown) => `São exibidos os primeiros ${formatCount(shown)} tokens.`,
    loss: {
      completion: 'Os tokens destacados contribuem para a perda.',
      text: 'Todos os tokens contribuem para a perda.',
      label: 'O modelo lê estes tokens e prediz o rótulo.',
      tags: 'Os tokens destacados, o primeiro de cada palavra, recebem a tag da palavra.',
      answer: 'Os tokens destacados são a resposta: o modelo aprende onde ela começa e termina.',
      nothing: 'O modelo apenas lê estes tokens: não há rótulo a aprender.',
    },
  },
  duplicates: {
    title: 'Duplicatas',
    none: 'Nenhuma duplicata nem vazamento encontrado',
    words: {
      withinTrain: 'Duplicatas no treinamento',
      withinTest: 'Duplicatas no teste',
      across: 'Vazamento entre treinamento e teste',
      nearAcross: 'Quase duplicatas entre treinamento e teste',
    },
    textMeaning: {
      withinTrain: 'Pesam demais no treinamento. Inofensivas se poucas; senão, manter uma de cada.',
      withinTest: 'Contadas mais de uma vez em cada pontuação. Manter uma de cada.',
      across: 'Inflam a pontuação de teste. Remover de uma das duas partições.',
      nearAcross:
        'O mesmo texto a não ser por poucas palavras, o que também infla a pontuação de teste. Remover de uma das duas partições.',
    },
    imageMeaning: {
      withinTrain: 'Os mesmos pixels: pesam demais no treinamento. Inofensivas se poucas; senão, manter uma de cada.',
      withinTest: 'Os mesmos pixels: contadas mais de uma vez em cada pontuação. Manter uma de cada.',
      across: 'Os mesmos pixels nas duas partições: inflam a pontuação de teste. Remover de uma das duas.',
      nearAcross:
        'São parecidas, como cópias redimensionadas ou recomprimidas, o que também infla a pontuação de teste. Remover de uma das duas partições.',
    },
    wayOut: (ofFolder) =>
      ofFolder
        ? 'Remover de uma das partições os arquivos indicados em Problemas e comparar de novo.'
        : 'Remover as imagens de uma das partições e comparar de novo.',
    compared: (images, near) => {
      const all = counted(images, 'imagem comparada', 'imagens comparadas');
      return near < images ? `${all} pelos pixels, ${formatCount(near)} pela aparência` : all;
    },
    removeFromTrain: 'Remover do treinamento',
    texts: 'Linhas nas duas partições',
    text: (kind, train, test) => {
      const both = [train === null ? 'treinamento' : `treinamento ${train}`, test === null ? 'teste' : `teste ${test}`];
      return `${kind === 'exact' ? 'Mesmo texto' : 'Quase igual'}: ${both.join(', ')}`;
    },
    reimported: 'Dataset reimportado',
    notCompared: 'As imagens ainda não foram comparadas entre si.',
    compare: 'Buscar duplicatas',
    again: 'Comparar de novo',
    notFound: 'As imagens não foram comparadas',
    pairs: 'Exemplos de duplicatas',
    pair: (kind, one, other) => `${kind === 'exact' ? 'Mesmos pixels' : 'Parecidas'}: ${one}, ${other}`,
    place: (split, index) => `${split} ${formatCount(index + 1)}`,
  },
  imageQuestion: { label: 'Coluna de rótulos', add: 'Adicionar' },
  template: {
    title: 'Como o modelo as lê',
    model: 'Modelo base da prévia',
    noModel: 'Adicionar um modelo base que leia texto para ver as linhas como ele as lê.',
    noRows: 'Nenhuma das primeiras linhas pode ser lida.',
    previous: 'Linha anterior',
    next: 'Próxima linha',
    row: (place, total, where) => `${formatCount(place)} de ${formatCount(total)}: ${where}`,
    lengths: (rows, median, longest) =>
      `${plural(rows, { one: 'Primeira linha', many: 'Primeiras # de linhas', other: 'Primeiras # linhas' })}: mediana ${formatCount(median)} · máx. ${formatCount(longest)} tokens.`,
    truncated: (rows, limit) =>
      rows === 0
        ? ''
        : `${counted(rows, 'linha seria truncada', 'linhas seriam truncadas')} para ${tokensOf(limit)} (max_length).`,
  },
  removeQuestion: (name) => `Remover o dataset “${name}”?`,
};
