// Markdown to elements. Text only ever becomes text nodes; links were checked when they were parsed.
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Block, Inline, ListItem } from './ast';
import { parseMarkdown } from './blocks';
import { useText } from '../i18n';
import { IconCheck, IconCopy } from '../icons';

export function Markdown({ text }: { text: string }): VNode {
  return <div class="prose">{parseMarkdown(text).map(block)}</div>;
}

function inline(node: Inline, key: number): ComponentChildren {
  switch (node.kind) {
    case 'text': return node.text;
    case 'code': return <code key={key}>{node.text}</code>;
    case 'break': return <br key={key} />;
    case 'em': return <em key={key}>{node.children.map(inline)}</em>;
    case 'strong': return <strong key={key}>{node.children.map(inline)}</strong>;
    case 'del': return <del key={key}>{node.children.map(inline)}</del>;
    case 'link':
      return (
        <a key={key} href={node.href} target="_blank" rel="noopener noreferrer nofollow">
          {node.children.map(inline)}
        </a>
      );
  }
}

function block(node: Block, key: number): VNode {
  switch (node.kind) {
    case 'paragraph': return <p key={key}>{node.children.map(inline)}</p>;
    case 'rule': return <hr key={key} />;
    case 'quote': return <blockquote key={key}>{node.children.map(block)}</blockquote>;
    case 'code': return <Code key={key} language={node.language} text={node.text} />;
    case 'list': return list(node, key);
    case 'table': return <Table key={key} node={node} />;
    case 'heading': {
      // The page's own heading is h1; those of an answer stand below it.
      const Tag = `h${Math.min(6, node.level + 1)}` as 'h2';
      return <Tag key={key}>{node.children.map(inline)}</Tag>;
    }
  }
}

function list(node: Extract<Block, { kind: 'list' }>, key: number): VNode {
  const items = node.items.map((item, i) => (
    <li key={i} class={item.checked === null ? undefined : 'task'}>
      {item.checked !== null && <TaskMark done={item.checked} />}
      {itemBody(item, node.tight)}
    </li>
  ));
  return node.ordered ? <ol key={key} start={node.start}>{items}</ol> : <ul key={key}>{items}</ul>;
}

function TaskMark({ done }: { done: boolean }): VNode {
  const t = useText();
  return <input type="checkbox" checked={done} disabled aria-label={done ? t.taskDone : t.taskOpen} />;
}

const itemBody = (item: ListItem, tight: boolean): ComponentChildren =>
  item.children.map((child, i) => (tight && child.kind === 'paragraph' ? <span key={i}>{child.children.map(inline)}</span> : block(child, i)));

function Table({ node }: { node: Extract<Block, { kind: 'table' }> }): VNode {
  const t = useText();
  const side = (k: number): string | undefined => (node.align[k] ? `to-${node.align[k]}` : undefined);
  return (
    <div class="table" tabIndex={0} role="group" aria-label={t.table}>
      <table>
        <thead>
          <tr>{node.head.map((cell, k) => <th key={k} class={side(k)}>{cell.map(inline)}</th>)}</tr>
        </thead>
        <tbody>
          {node.rows.map((row, i) => <tr key={i}>{row.map((cell, k) => <td key={k} class={side(k)}>{cell.map(inline)}</td>)}</tr>)}
        </tbody>
      </table>
    </div>
  );
}

function Code({ language, text }: { language: string; text: string }): VNode {
  const t = useText();
  return (
    <figure class="code">
      <figcaption>
        <span>{language}</span>
        <CopyButton text={text} />
      </figcaption>
      <pre tabIndex={0} role="group" aria-label={[t.code, language].filter(Boolean).join(' · ')}><code>{text}</code></pre>
    </figure>
  );
}

export function CopyButton({ text }: { text: string }): VNode {
  const t = useText();
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    if (!(await toClipboard(text))) return;
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" class="quiet" onClick={copy} aria-label={t.copy} title={t.copy}>
      {copied ? <IconCheck /> : <IconCopy />}
      <span class="word" aria-live="polite">{copied ? t.copied : t.copy}</span>
    </button>
  );
}

// The clipboard interface exists on https and localhost only; on a home network's plain http the old way still works.
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'offscreen';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
