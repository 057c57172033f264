import type { VNode } from 'preact';
import { useText } from '../i18n';
import type { Message } from '../net/types';
import { IconLeft, IconRight } from '../parts/icons';
import { memo } from '../parts/memo';
import { useServices } from '../services';
import { Answer } from './answer';
import { Question } from './question';
import { Results } from './results';

export interface MessageProps {
  message: Message;
  version: number;
  versions: number;
  last: boolean;
}

const views = { user: Question, assistant: Answer, tool: Results };

export const MessageView = memo((props: MessageProps): VNode => {
  const View = views[props.message.role];
  return <View {...props} />;
});

/** ‹ 2/3 › */
export function Versions({ message, version, versions }: MessageProps): VNode | null {
  const t = useText();
  const { chat } = useServices();
  if (versions < 2) return null;
  const go = (to: number): void => void chat.choose(chat.store.get().tree.siblings(message)[to]!);
  return (
    <span class="versions" role="group" aria-label={t.branch(version + 1, versions)}>
      <button type="button" class="quiet" disabled={version === 0} onClick={() => go(version - 1)} aria-label={t.previousBranch} title={t.previousBranch}><IconLeft /></button>
      <span aria-hidden="true">{version + 1}/{versions}</span>
      <button type="button" class="quiet" disabled={version === versions - 1} onClick={() => go(version + 1)} aria-label={t.nextBranch} title={t.nextBranch}><IconRight /></button>
    </span>
  );
}
