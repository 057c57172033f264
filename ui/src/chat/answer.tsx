import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { speedText } from '../base/format';
import { useStore } from '../base/store';
import { useText, type Texts } from '../i18n';
import { Markdown } from '../markdown/render';
import { tokensPerSecond } from '../models/speeds';
import type { Pace, Phase } from '../net/follow';
import type { Message, Usage } from '../net/types';
import { CopyButton } from '../parts/copy';
import { Flame, IconDown, IconForward, IconRetry, IconUp } from '../parts/icons';
import { useServices } from '../services';
import { Calls, ResultForm } from './calls';
import { Versions, type MessageProps } from './message';
import { useModel } from './model';

export function Answer(props: MessageProps): VNode {
  const t = useText();
  const { chat } = useServices();
  const { message } = props;
  const live = useStore(chat.live, (l) => l.id === message.id);
  return (
    <article class={`answer ${live ? 'writing' : message.state}`} aria-label={t.answer}>
      {!live && message.reasoning && <Thoughts text={message.reasoning} />}
      {live ? <Growing /> : message.content && <Markdown text={message.content} />}
      {!live && message.calls && <Calls calls={message.calls} />}
      {!live && message.state === 'failed' && <Failure {...props} />}
      {!live && <Footer {...props} />}
      {!live && props.last && message.calls && <ResultForm message={message} calls={message.calls} />}
    </article>
  );
}

/** Seen while it is all there is; folded as soon as something else comes, unless the reader has opened it. */
function Thoughts({ text, growing = false, alone = false }: { text: string; growing?: boolean; alone?: boolean }): VNode {
  const t = useText();
  const [opened, setOpened] = useState<boolean | null>(null);
  return (
    <details class="folded thoughts" aria-label={t.thoughts} open={opened ?? alone} onToggle={(e) => e.currentTarget.open !== (opened ?? alone) && setOpened(e.currentTarget.open)}>
      <summary>{growing ? t.thinking : t.thoughts}</summary>
      <Markdown text={text} />
    </details>
  );
}

// The only part that is drawn again as the text comes.
function Growing(): VNode {
  const t = useText();
  const { chat } = useServices();
  const { text, reasoning, calls, phase, pace } = useStore(chat.live, (l) => l);
  const thinks = reasoning !== '' && !text && !calls.length;
  const nothing = !text && !reasoning && !calls.length;
  return (
    <>
      {reasoning && <Thoughts text={reasoning} growing={thinks} alone={thinks} />}
      {text && <Markdown text={text} />}
      <Calls calls={calls} growing />
      {(nothing || phase.phase === 'lost') && <p class="waiting" role={phase.phase === 'lost' ? 'alert' : undefined}><Flame lively />{phaseText(phase, t)}</p>}
      {pace && phase.phase !== 'lost' && <footer><span class="speed">{paceText(pace, t)}</span></footer>}
    </>
  );
}

export function phaseText(p: Phase, t: Texts): string {
  switch (p.phase) {
    case 'loading': return p.progress ? `${t.loadingModel} ${Math.round(p.progress * 100)}\u00a0%` : t.loadingModel;
    case 'reading': return p.total ? t.readingPart(Math.floor((100 * (p.done ?? 0)) / p.total)) : t.reading;
    case 'lost': return t.lost;
    default: return t.queued(p.position ?? 0);
  }
}

function Failure({ message, last }: MessageProps): VNode {
  const t = useText();
  const { chat } = useServices();
  const model = useModel();
  return (
    <div class="failure" role="alert">
      <p>{t.failed}</p>
      {message.error && <p class="detail">{message.error}</p>}
      {last && <button type="button" class="plain" onClick={() => void chat.regenerate(message, model?.id ?? null)}><IconRetry />{t.retry}</button>}
    </div>
  );
}

function Footer(props: MessageProps): VNode {
  const t = useText();
  const { chat } = useServices();
  const model = useModel();
  const { message, last } = props;
  const writing = useStore(chat.live, (l) => l.id !== null);
  const unfinished = message.state === 'stopped' || message.state === 'length' || message.state === 'interrupted';
  return (
    <footer>
      <Versions {...props} />
      {message.content && <CopyButton text={message.content} />}
      {message.state !== 'failed' && !writing && (
        <button type="button" class="quiet" onClick={() => void chat.regenerate(message, model?.id ?? null)} aria-label={t.regenerate} title={t.regenerate}><IconRetry /></button>
      )}
      {message.content && <Rating message={message} />}
      {unfinished && last && !writing && !message.calls && (
        <button type="button" class="quiet worded" onClick={() => void chat.resume(message)}><IconForward />{t.resume}</button>
      )}
      <span class="speed">{notes(message, t)}</span>
    </footer>
  );
}

function Rating({ message }: { message: Message }): VNode {
  const t = useText();
  const { chat } = useServices();
  const button = (value: 1 | -1, label: string, icon: VNode): VNode => (
    <button type="button" class="quiet" aria-pressed={message.rating === value} onClick={() => void chat.rate(message, message.rating === value ? 0 : value)} aria-label={label} title={label}>{icon}</button>
  );
  return <>{button(1, t.good, <IconUp />)}{button(-1, t.bad, <IconDown />)}</>;
}

const stateTexts = { stopped: 'stopped', length: 'cutOff', interrupted: 'interrupted' } as const;

function notes(m: Message, t: Texts): string {
  const state = m.state in stateTexts ? t[stateTexts[m.state as keyof typeof stateTexts]] : null;
  return [state, m.usage && speed(m.usage, t)].filter(Boolean).join(' · ');
}

const PACE_TOKENS_MIN = 4; // fewer say nothing about speed

const paceText = ({ tokens, first_ms, decode_ms }: Pace, t: Texts): string =>
  speed({ completion_tokens: tokens, first_ms, decode_ms: tokens < PACE_TOKENS_MIN ? 0 : decode_ms }, t);

export function speed(u: Pick<Usage, 'completion_tokens' | 'first_ms' | 'decode_ms'>, t: Texts): string {
  // A number and its unit stay on one line.
  const parts = [];
  const perSecond = tokensPerSecond({ usage: u });
  if (perSecond !== null) parts.push(`${speedText(perSecond)}\u00a0${t.tokensPerSecond}`);
  const first = u.first_ms / 1000;
  parts.push(`${t.firstToken}\u00a0${first.toFixed(first < 1 ? 2 : 1)}\u00a0${t.seconds}`);
  parts.push(`${u.completion_tokens}\u00a0${t.tokens}`);
  return parts.join(' · ');
}
