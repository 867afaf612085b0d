import type { Catalog } from '../catalog.ts';

export const tour: Catalog['tour'] = {
  label: 'Tour pela janela',
  count: (at, all) => `Tour · ${at} de ${all}`,
  skip: 'Pular o tour',
  back: 'Voltar',
  next: 'Avançar',
  done: 'Concluir',
  stops: {
    data: {
      title: 'Os dados',
      text: 'A lista tem pequenos datasets que vêm com o app. Os próprios são adicionados aqui; também dá para soltar na janela um arquivo de texto ou uma pasta de imagens.',
    },
    models: {
      title: 'Um modelo base',
      text: 'Já há uma base pequena. Aqui se adiciona uma pasta de modelo ou um arquivo GGUF, ou se baixa um modelo do Hugging Face.',
    },
    train: {
      title: 'Preparar uma execução',
      text: 'Escolher aqui uma base, um dataset e uma receita, e iniciar. As demais configurações têm um valor que funciona; o “?” ao lado de cada uma a explica.',
    },
    results: {
      title: 'Ver o resultado',
      text: 'Execuções mostra as curvas durante o treinamento. Depois, o adaptador pode ser mesclado, podado ou testado no Playground. Os estudos comparam execuções com e sem CoTo. Ajuda › Tour pela janela mostra isto de novo.',
    },
  },
};
