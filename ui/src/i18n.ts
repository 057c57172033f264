import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

const en = {
  newChat: 'New chat',
  model: 'Model',
  chooseModel: 'Choose a model',
  language: '中文',
  languageLabel: '切换到中文',
  morning: 'Good morning.',
  afternoon: 'Good afternoon.',
  evening: 'Good evening.',
  invite: 'Ask anything. What you write stays on this machine.',
  ideas: ['Explain why the sky turns red at dusk', 'Write a short story about a lighthouse keeper', 'Plan three quick dinners from pantry staples'],
  placeholder: 'Write to Hearth…',
  message: 'Your message',
  send: 'Send',
  stop: 'Stop',
  copy: 'Copy',
  copied: 'Copied',
  retry: 'Try again',
  you: 'You',
  answer: 'Answer',
  conversation: 'Conversation',
  loadingModel: 'Waking the model…',
  waiting: 'Thinking…',
  answering: 'Hearth is answering',
  finished: 'The answer is complete',
  stopped: 'Stopped',
  cutOff: 'Length limit reached',
  tokensPerSecond: 'tokens/s',
  firstToken: 'first word after',
  seconds: 's',
  tokens: 'tokens',
  keys: 'Enter sends · Shift+Enter for a new line',
  looking: 'Connecting…',
  noModelTitle: 'Hearth needs a model',
  noModelText: 'A model is one file that ends in .gguf. Any of Qwen, Llama or Mistral will do; a small one is a fine beginning.',
  noModelStep1: 'Download a model, such as Qwen3-0.6B-Q8_0.gguf (0.6 GB).',
  noModelStep2: 'Put it into this folder on the machine that runs Hearth:',
  noModelStep3: 'Come back here: this page notices by itself.',
  watching: 'Watching the folder…',
  offlineTitle: 'Hearth is not running',
  offlineText: 'Start it on its machine with this command; this page reconnects by itself.',
  offlineNow: 'Connection lost. Trying again…',
  errorOffline: 'The connection to Hearth broke. Check that it is still running, then try again.',
  errorBusy: 'Hearth is busy with other questions. Try again in a moment.',
  errorContext: 'This conversation has become longer than the model can read. Start a new chat to go on.',
  errorModel: 'This model could not be loaded. Choose another one, or look at the log of Hearth.',
  errorOther: 'Something went wrong. Try again; if it stays, look at the log of Hearth.',
};

export type Texts = typeof en;

const zh: Texts = {
  newChat: '新对话',
  model: '模型',
  chooseModel: '选择模型',
  language: 'English',
  languageLabel: 'Switch to English',
  morning: '早上好。',
  afternoon: '下午好。',
  evening: '晚上好。',
  invite: '想问什么都可以。你写下的内容只留在这台机器上。',
  ideas: ['为什么傍晚的天空会变红？', '写一个关于灯塔看守人的小故事', '用家常食材安排三顿快手晚餐'],
  placeholder: '写点什么……',
  message: '你的消息',
  send: '发送',
  stop: '停止',
  copy: '复制',
  copied: '已复制',
  retry: '重试',
  you: '你',
  answer: '回答',
  conversation: '对话',
  loadingModel: '正在唤醒模型……',
  waiting: '思考中……',
  answering: 'Hearth 正在回答',
  finished: '回答完毕',
  stopped: '已停止',
  cutOff: '达到长度上限',
  tokensPerSecond: '词元/秒',
  firstToken: '首字用时',
  seconds: '秒',
  tokens: '词元',
  keys: 'Enter 发送 · Shift+Enter 换行',
  looking: '正在连接……',
  noModelTitle: 'Hearth 需要一个模型',
  noModelText: '模型是一个以 .gguf 结尾的文件。Qwen、Llama、Mistral 都可以；先从小模型开始就很好。',
  noModelStep1: '下载一个模型，例如 Qwen3-0.6B-Q8_0.gguf（0.6 GB）。',
  noModelStep2: '把它放进运行 Hearth 的机器上的这个目录：',
  noModelStep3: '回到这里：页面会自动发现它。',
  watching: '正在留意该目录……',
  offlineTitle: 'Hearth 没有在运行',
  offlineText: '请在它所在的机器上用此命令启动；页面会自动重新连接。',
  offlineNow: '连接中断，正在重试……',
  errorOffline: '与 Hearth 的连接中断了。请确认它仍在运行，然后重试。',
  errorBusy: 'Hearth 正忙于其他问题，请稍后重试。',
  errorContext: '对话已超出模型能读的长度。请开始新对话。',
  errorModel: '无法加载此模型。请换一个模型，或查看 Hearth 的日志。',
  errorOther: '出了点问题。请重试；若仍然如此，请查看 Hearth 的日志。',
};

export type Lang = 'en' | 'zh';
export const texts: Record<Lang, Texts> = { en, zh };

export function firstLang(saved: string | null, preferred: readonly string[]): Lang {
  if (saved === 'en' || saved === 'zh') return saved;
  const known = preferred.find((l) => /^(en|zh)\b/i.test(l));
  return known?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const TextContext = createContext<Texts>(en);
export const useText = (): Texts => useContext(TextContext);
