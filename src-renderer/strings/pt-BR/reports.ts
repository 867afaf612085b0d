import type { Catalog } from '../catalog.ts';
import { counted, runsOf, studiesOf } from './counts.ts';

function contents(runs: number, studies: number): string {
  return [...(runs > 0 ? [runsOf(runs)] : []), ...(studies > 0 ? [studiesOf(studies)] : [])].join(', ') || '–';
}

export const reports: Catalog['reports'] = {
  title: 'Relatórios',
  count: (count) => counted(count, 'relatório'),
  empty:
    'Ainda não há relatórios. Um relatório é um arquivo autônomo com figuras, tabelas, configurações, sementes e hashes. Criar um aqui, ou a partir de uma execução, uma comparação ou um estudo concluído.',
  tryDemo: 'Testar o estudo de demonstração',
  contents,
  create: 'Criar relatório',
  dialog: {
    title: 'Criar relatório',
    name: 'Título',
    note: 'Nota',
    notePlaceholder: 'O que se perguntou, o que mostra (opcional)',
    sections: 'Seções',
    action: 'Criar relatório',
    nothing: 'Escolher ao menos uma seção.',
    noSource: 'Escolher um estudo ou uma execução.',
    studies: 'Estudos',
    runs: 'Execuções',
    noMatch: 'Nada encontrado.',
    of: (runs, studies) => `De ${contents(runs, studies)}.`,
  },
  failed: 'O relatório não foi criado',
  openInBrowser: 'Abrir no navegador',
  notOpened: 'O relatório não foi aberto',
  export: 'Exportar',
  exportAs: { html: 'HTML', pdf: 'PDF', csv: 'CSV', json: 'JSON', md: 'Markdown', tex: 'Tabelas LaTeX' },
  exported: 'Relatório exportado',
  noFormat: (format) => `Este relatório não tem ${format}: foi escrito por uma versão anterior.`,
  more: (name) => `Mais sobre ${name}`,
  columns: { name: 'Nome', of: 'De', created: 'Criação' },
  notExported: 'O relatório não foi exportado',
  showInFolder: 'Mostrar na pasta',
  rename: {
    item: 'Renomear…',
    title: 'Renomear relatório',
    label: 'Nome',
    confirm: 'Renomear',
    cancel: 'Cancelar',
    failed: 'O relatório não foi renomeado',
  },
  remove: 'Excluir',
  removed: (name) => `“${name}” excluído`,
  notRemoved: 'O relatório não foi excluído',
  removeConsequence: 'Exclui seus arquivos. Execuções e estudos são mantidos.',
  frame: (name) => `Relatório “${name}”`,
  choose: 'Escolher um relatório para lê-lo aqui.',
  gone: 'Este relatório não existe mais.',
  removeQuestion: (name) => `Excluir o relatório “${name}”?`,
};
