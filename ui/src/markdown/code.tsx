// A block of code: its language, one press to copy it, and colours as soon as their part has come.
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { useText } from '../i18n';
import { CopyButton } from '../parts/copy';
import { Lazy, useLazy } from '../parts/lazy';
import { memo } from '../parts/memo';
import type { Line } from './highlight/highlighter';

const highlighting = new Lazy(() => import('./highlight/highlighter'));

export function Code({ language, text }: { language: string; text: string }): VNode {
  const t = useText();
  const part = useLazy(highlighting, language !== '');
  const highlighter = useMemo(() => part?.Highlighter.for(language) ?? null, [part, language]);
  return (
    <figure class="code">
      <figcaption>
        <span>{language}</span>
        <CopyButton text={text} label={t.copyCode} />
      </figcaption>
      <pre tabIndex={0} role="group" aria-label={[t.code, language].filter(Boolean).join(' · ')}>
        <code>{highlighter ? highlighter.read(text).map((line, i) => <CodeLine key={i} line={line} first={i === 0} />) : text}</code>
      </pre>
    </figure>
  );
}

const CodeLine = memo(({ line, first }: { line: Line; first: boolean }): VNode => (
  <>
    {first ? '' : '\n'}
    {line.map((token, i) => (token.kind ? <span key={i} class={`code-${token.kind}`}>{token.text}</span> : token.text))}
  </>
));
