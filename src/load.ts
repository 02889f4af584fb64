/**
 * The command line is one file, with the code that V8 made of it when it was built: reading that takes a third of the time that
 * compiling it anew at every start would, and a fraction of what a module for each part of it would.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

type CommandLine = typeof import('./cli/run.ts');

/** Where V8's code for a file is kept. */
export const codePath = (file: string): string => `${file}.v8`;

/** Bytes of the checksum before the code. */
const CHECKSUM = 4;

/**
 * V8 itself compares versions and lengths, takes all else for granted, and falls over what is damaged. So the code counts only
 * with a checksum over it, the source that it was made of, and all that another Node may have differently.
 */
function checksum(source: Buffer, code: Buffer): number {
  const node = `${process.version} ${process.arch} ${cachedDataVersionTag()}`;
  return crc32(code, crc32(source, crc32(node)));
}

/** @returns what is kept at {@link codePath} */
export function keptCode(source: Buffer, code: Buffer): Buffer {
  const head = Buffer.alloc(CHECKSUM);
  head.writeUInt32LE(checksum(source, code));
  return Buffer.concat([head, code]);
}

/** @returns undefined: there is none, or it is not of this source, this Node, or whole. The file is compiled then. */
function readCode(file: string, source: Buffer): Buffer | undefined {
  try {
    const kept = readFileSync(codePath(file));
    const code = kept.subarray(CHECKSUM);
    return kept.readUInt32LE() === checksum(source, code) ? code : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param file absolute path of a bundle in CommonJS, in ASCII, as the one function that such a module is to Node
 * @returns its exports, and the script that made them
 */
export function load(file: string): { readonly script: Script; readonly exports: CommandLine } {
  const source = readFileSync(file);
  // Nothing has to be put together, or looked through for letters of several bytes.
  const script = new Script(source.toString('latin1'), { filename: file, cachedData: readCode(file, source) });
  type Wrapper = (
    exports: object,
    require: NodeJS.Require,
    module: { exports: object },
    file: string,
    dir: string,
  ) => void;
  const module = { exports: {} };
  (script.runInThisContext() as Wrapper)(module.exports, createRequire(file), module, file, dirname(file));
  return { script, exports: module.exports as CommandLine };
}
