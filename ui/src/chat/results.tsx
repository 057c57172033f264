// What came of an answer's calls, as a message of its own.
import type { VNode } from 'preact';
import { useText } from '../i18n';
import { Code } from '../markdown/code';
import { IconTool } from '../parts/icons';
import { brief } from './call-text';
import { Versions, type MessageProps } from './message';

export function Results(props: MessageProps): VNode {
  const t = useText();
  const results = props.message.results ?? [];
  return (
    <article class="tool" aria-label={t.results}>
      <ul class="calls" aria-label={t.results}>
        {results.map((r) => (
          <li key={r.id}>
            <details class="folded call" aria-label={t.resultOf(r.name)}>
              <summary><IconTool /><b>{t.resultOf(r.name)}</b><span class="brief">{brief(r.content)}</span></summary>
              <Code language="" text={r.content} />
            </details>
          </li>
        ))}
      </ul>
      {props.versions > 1 && <footer><Versions {...props} /></footer>}
    </article>
  );
}
