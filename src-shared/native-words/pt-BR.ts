import { localeText } from '../format/locale-text.ts';
import type { NativeWords } from './native-words.ts';

const { plural } = localeText('pt-BR');

export const brazilianPortuguese: NativeWords = {
  pageLabels: {
    home: 'Início',
    data: 'Dados',
    models: 'Modelos',
    train: 'Treinar',
    runs: 'Execuções',
    adapters: 'Adaptadores',
    merge: 'Mesclar',
    prune: 'Podar',
    playground: 'Playground',
    studies: 'Estudos',
    reports: 'Relatórios',
    guide: 'Guia',
    settings: 'Configurações',
  },
  commandLabels: {
    'new-run': 'Nova execução',
    'open-yaml': 'Abrir execução de YAML…',
    'add-text-data': 'Adicionar dados de texto…',
    'add-images': 'Adicionar pasta de imagens…',
    'add-model': 'Adicionar pasta de modelo…',
    'import-adapter': 'Importar pasta de adaptador…',
    'import-adapter-file': 'Importar arquivo de adaptador…',
    'import-runs': 'Importar execuções de pasta…',
    'import-runs-file': 'Importar execuções de arquivo…',
    settings: 'Configurações',
    guide: 'Guia',
    'method-cards': 'Fichas de métodos',
    'new-window': 'Nova janela',
    find: 'Buscar na página…',
    back: 'Voltar',
    forward: 'Avançar',
    palette: 'Busca e comandos',
    tour: 'Tour pela janela',
    shortcuts: 'Atalhos de teclado',
  },
  menu: {
    file: '&Arquivo',
    edit: '&Editar',
    go: '&Ir',
    view: '&Exibir',
    window: '&Janela',
    help: 'A&juda',
    logs: 'Mostrar a pasta de logs',
    about: 'Sobre o CoTo Studio',
  },
  roles: {
    undo: 'Desfazer',
    redo: 'Refazer',
    cut: 'Recortar',
    copy: 'Copiar',
    paste: 'Colar',
    delete: 'Excluir',
    selectAll: 'Selecionar tudo',
    zoomIn: 'Ampliar',
    zoomOut: 'Reduzir',
    resetZoom: 'Tamanho real',
    togglefullscreen: 'Tela cheia',
    close: 'Fechar janela',
    minimize: 'Minimizar',
    zoom: 'Ampliar ou reduzir',
    front: 'Trazer tudo para a frente',
    hide: 'Ocultar CoTo Studio',
    hideOthers: 'Ocultar outros',
    unhide: 'Mostrar tudo',
    quit: 'Sair',
  },
  tray: {
    idle: 'Nada em execução',
    running: (jobs) => plural(jobs, { one: '# job em execução', other: '# jobs em execução' }),
    open: 'Abrir o CoTo Studio',
  },
  quit: {
    pause: 'Pausar e sair',
    anyway: 'Sair mesmo assim',
    inBackground: 'Continuar em segundo plano',
    one: (title) => `“${title}” ainda está em execução.`,
    several: (jobs) => plural(jobs, { one: '# job ainda está em execução.', other: '# jobs ainda estão em execução.' }),
    more: (jobs) => `e mais ${jobs}`,
    allPause: (jobs) =>
      plural(jobs, {
        one: 'Ele é pausado ao sair agora e pode ser retomado no Início na próxima vez.',
        other: 'Eles são pausados ao sair agora e podem ser retomados no Início na próxima vez.',
      }),
    somePause:
      'Ao sair agora, os treinamentos são pausados e podem ser retomados no Início na próxima vez; os outros jobs são cancelados.',
    nonePause: (jobs) =>
      plural(jobs, {
        one: 'Ele é cancelado ao sair agora e precisa ser iniciado de novo.',
        other: 'Eles são cancelados ao sair agora e precisam ser iniciados de novo.',
      }),
    backgroundHelp:
      'Em segundo plano o trabalho continua sem a janela: inicie o CoTo Studio de novo para trazê-la de volta.',
  },
  cancel: 'Cancelar',
  tryAgain: 'Tentar de novo',
  recovery: {
    message: 'O banco de dados da pasta home está danificado ou perdido.',
    ways: 'Um backup tem tudo como estava no dia dele. Um banco reconstruído tem o que há nas pastas de modelos, execuções e adaptadores, mas não estudos, jobs nem relatórios.',
    nothingDeleted: 'Nada é excluído: arquivos danificados são movidos para a pasta “damaged” da home.',
    restore: 'Restaurar o último backup',
    rebuild: 'Reconstruir a partir das pastas',
  },
  move: {
    message: (to) => `Mover a pasta home para ${to}?`,
    detail: (bytes, from, free) =>
      `${bytes} são copiados de ${from} e comparados; há ${free} livres lá. Depois os arquivos antigos são excluídos, a menos que você os mantenha. No fim o CoTo Studio reinicia.`,
    move: 'Mover',
    keep: 'Mover e manter os arquivos antigos',
  },
  updates: {
    message: (host) => `Obter novas versões de ${host}?`,
    detail: (address) =>
      `${address} só é consultado ao escolher Verificar atualizações. O que ele oferece só é instalado se estiver assinado com a chave de lançamento deste aplicativo.`,
    turnOn: 'Ativar',
  },
};
