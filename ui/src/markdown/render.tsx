// Markdown to elements. Text only ever becomes text nodes; links were checked when they were parsed.
import type { ComponentChildren, VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { useText } from '../i18n';
import { Lazy, useLazy } from '../parts/lazy';
import { memo } from '../parts/memo';
import type { Block, Inline, ListItem } from './ast';
import { Code } from './code';
import { MarkdownStream } from './stream';

const formulas = new Lazy(() => import('./math/formula'));

/** A text that may grow: blocks that have not changed are neither read nor drawn again. */
export function Markdown({ text }: { text: string }): VNode {
  const stream = useRef<MarkdownStream | null>(null);
  stream.current ??= new MarkdownStream();
  return <div class="prose">{stream.current.read(text).map((node, i) => <BlockView key={i} node={node} />)}</div>;
}

const BlockView = memo(({ node }: { node: Block }): VNode => block(node, 0));

function Formula({ tex, display }: { tex: string; display: boolean }): VNode {
  const part = useLazy(formulas);
  return part ? <part.Formula tex={tex} display={display} /> : <code>{tex}</code>;
}

function inline(node: Inline, key: number): ComponentChildren {
  switch (node.kind) {
    case 'text': return node.text;
    case 'code': return <code key={key}>{node.text}</code>;
    case 'break': return <br key={key} />;
    case 'math': return <Formula key={key} tex={node.tex} display={node.display} />;
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
    case 'math': return <div key={key} class="formula" tabIndex={0} role="group" aria-label={node.tex}><Formula tex={node.tex} display /></div>;
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
