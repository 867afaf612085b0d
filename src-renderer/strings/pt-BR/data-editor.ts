import type { DataStep } from '../../../src-shared/domain/data/data-steps.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { plural, rowsOf } from './counts.ts';

const wholeSteps: Catalog['dataEditor']['wholeSteps'] = {
  repair: 'Reparar linhas com erros e grafias de rótulos',
  trim: 'Remover espaços em volta dos textos',
  unescape: 'Decodificar entidades HTML',
  'drop-faulty': 'Deixar de fora linhas com erros',
  'drop-duplicates': 'Deixar de fora linhas repetidas',
  'drop-leaks': 'Deixar de fora linhas de treinamento que também são de teste',
  'drop-near-leaks': 'Deixar de fora linhas de treinamento que quase repetem uma de teste',
  'merge-labels': 'Unir rótulos que diferem em maiúsculas ou espaços',
};

export const dataEditor: Catalog['dataEditor'] = {
  views: { label: 'Como as linhas são mostradas', preview: 'Prévia', edit: 'Editar' },
  title: 'Linhas',
  note: (from, to, of, read, isWhole) =>
    `${of === 0 ? 'nenhuma' : `${formatCount(from)}–${formatCount(to)} de ${formatCount(of)}`}${isWhole ? '' : plural(read, { one: ' na primeira linha', many: ' nas primeiras # de linhas', other: ' nas primeiras # linhas' })}`,
  filter: {
    label: 'Linhas exibidas',
    all: (count) => `Todas ${formatCount(count)}`,
    faulty: (count) => `Com erros ${formatCount(count)}`,
    changed: (count) => `Alteradas ${formatCount(count)}`,
    'left-out': (count) => `De fora ${formatCount(count)}`,
  },
  sort: { label: 'Ordem das linhas', file: 'Como no arquivo', problem: 'Por problema' },
  search: 'Buscar nas células…',
  previous: 'Linhas anteriores',
  next: 'Próximas linhas',
  empty: 'Nenhuma linha encontrada.',
  row: 'Linha',
  state: 'Estado',
  states: { train: 'treinamento', test: 'teste', faulty: 'com erros', 'left-out': 'de fora' },
  dropSelected: (count) => `Deixar de fora ${rowsOf(count)}`,
  rowForm: {
    title: 'Editar uma linha',
    choose: 'Escolher uma linha da tabela para editar suas células.',
    apply: 'Aplicar',
    revert: 'Restaurar do arquivo',
    drop: 'Deixar de fora',
    keep: 'Recolocar',
    unreadable:
      'A linha não pode ser lida, então suas células não podem ser editadas. Corrigir no arquivo, ou deixar de fora.',
    role: (role) => `lida como ${role}`,
    unused: 'não usada',
    edited: 'editada',
    cut: (characters) => `Mais de ${formatCount(characters)} caracteres: corrigir no arquivo.`,
    json: 'JSON',
    noJson: 'Isto não é JSON. A célula é uma lista, um objeto ou um número no arquivo, e precisa continuar sendo.',
    before: 'Do arquivo',
    after: 'Com as edições',
    model: 'Modelo base',
    becomesNone: 'A linha não é usada.',
  },
  steps: {
    title: 'Passos',
    note: 'feitos cada vez que o arquivo é lido; o arquivo não muda',
    none: 'Nenhum passo. Editar linhas abaixo, ou adicionar um passo para todas as linhas.',
    add: 'Adicionar um passo',
    undo: 'Desfazer',
    redo: 'Refazer',
    remove: (step) => `Remover o passo: ${step}`,
    sample: 'Sortear algumas linhas…',
    rename: 'Renomear um rótulo…',
    rows: 'Linhas',
    seed: 'Semente',
    from: 'Rótulo',
    to: 'Novo nome',
    confirm: 'Adicionar',
    cancel: 'Cancelar',
    unknown: (text) => `Os passos não podem ser mostrados um a um: ${text}`,
  },
  step(step: DataStep): string {
    switch (step.step) {
      case 'sample':
        return `Sortear ${rowsOf(step.rows)} (semente ${step.seed})`;
      case 'rename-label':
        return `Renomear o rótulo “${step.from}” para “${step.to}”`;
      case 'edit':
        return `Mudar ${step.column} de ${step.row} para ${quoted(step.value)}`;
      case 'drop-row':
        return `Deixar de fora ${step.row}`;
      default:
        return wholeSteps[step.step];
    }
  },
  wholeSteps,
};

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `“${text.length > 80 ? `${text.slice(0, 80)}…` : text}”`;
}
