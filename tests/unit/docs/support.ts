/** The documentation as text: its files, headings, code blocks and links. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../../..');

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const markdownIn = (dir: string): string[] =>
  readdirSync(join(ROOT, dir), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(dir, name))
    .sort();

/** Every document that people read, by its path from the root. */
export const documents = (): string[] => ['README.md', 'CHANGELOG.md', ...markdownIn('docs')];

export interface Block {
  /** What stands behind the fence: `sh`, `yaml`, `text`, … */
  readonly language: string;
  readonly text: string;
}

/** Fenced code blocks. */
export function blocks(markdown: string): Block[] {
  const found = markdown.matchAll(/^[ ]*```(\w*)[^\n]*\n(.*?)^[ ]*```[ ]*$/gms);
  return [...found].map(([, language = '', text = '']) => ({ language, text }));
}

/** The text without its fenced code blocks. */
export const prose = (markdown: string): string => markdown.replaceAll(/^[ ]*```.*?^[ ]*```[ ]*$/gms, '');

export const inlineCode = (markdown: string): string[] =>
  [...prose(markdown).matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);

export interface Heading {
  readonly level: number;
  readonly text: string;
}

export const headings = (markdown: string): Heading[] =>
  [...prose(markdown).matchAll(/^(#{1,6}) +(.+?) *$/gm)].map(([, marks, text]) => ({
    level: marks!.length,
    text: text!,
  }));

/** The anchor that GitHub gives to a heading. */
export const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

/** The part of a document below a heading, up to the next one of the same level or above. */
export function section(markdown: string, heading: string): string {
  const lines = markdown.split('\n');
  const begin = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ +/, '').trim() === heading);
  if (begin === -1) throw new Error(`there is no heading "${heading}"`);
  const level = /^#+/.exec(lines[begin]!)![0].length;
  const rest = lines.slice(begin + 1);
  const end = rest.findIndex((line) => new RegExp(`^#{1,${level}} `).test(line));
  return rest.slice(0, end === -1 ? rest.length : end).join('\n');
}

export interface Link {
  readonly target: string;
  /** From the root; empty for the document itself. */
  readonly path: string;
  readonly anchor: string | undefined;
}

/** Links that do not leave the repository. */
export function localLinks(document: string): Link[] {
  const targets = [...prose(read(document)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', hash] = target.split('#');
      const file = path === '' ? document : relative(ROOT, resolve(ROOT, dirname(document), path));
      return { target, path: file, anchor: hash };
    });
}
