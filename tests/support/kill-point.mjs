/**
 * Loaded into `ai-vm` before itself (`node --import`): counts what it does to the world, and dies by SIGKILL at one of these
 * effects. AI_VM_TEST_KILL: `N` dies before the effect with that number, `N+` right after it was begun. AI_VM_TEST_EFFECTS is a
 * file that gets a line for each effect.
 */
import child from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { basename } from 'node:path';
import process from 'node:process';

const at = /^(\d+)(\+?)$/u.exec(process.env.AI_VM_TEST_KILL ?? '');
const log = process.env.AI_VM_TEST_EFFECTS;
let count = 0;

function die() {
  process.kill(process.pid, 'SIGKILL');
}

function effect(what, begin) {
  count += 1;
  if (log) fs.appendFileSync(log, `${what}\n`);
  if (!at || Number(at[1]) !== count) return begin();
  if (at[2] === '') die();
  const begun = begin();
  die();
  return begun;
}

function watch(object, name, describe) {
  const original = object[name];
  object[name] = function watched(...args) {
    const what = describe(...args);
    return what === null ? original.apply(this, args) : effect(what, () => original.apply(this, args));
  };
}

const named = (path) => basename(String(path)).replaceAll(/[0-9a-f]{16}|\d{4,}/gu, '…');

for (const name of ['mkdir', 'rm', 'lchown', 'chmod', 'truncate', 'writeFile', 'rmdir']) {
  watch(fs.promises, name, (path) => (typeof path === 'string' ? `${name} ${named(path)}` : null));
}
for (const name of ['rename', 'link', 'copyFile']) {
  watch(fs.promises, name, (from, to) => `${name} ${named(from)} ${named(to)}`);
}
// State files are written by way of this one.
watch(fs, 'rename', (from, to) => `rename ${named(from)} ${named(to)}`);
watch(fs.promises, 'open', (path, flags) => (/[wa+]/u.test(String(flags)) ? `open ${named(path)} ${flags}` : null));
watch(child, 'spawn', (file, args) =>
  `spawn ${named(file)} ${(Array.isArray(args) ? args : []).map(named).join(' ')}`.slice(0, 120),
);

/** Questions change nothing, and are asked as often as it takes. */
const QUESTION = /^(query-|qmp_capabilities|qom-list|guest-sync|guest-exec-status|guest-ping|guest-get|guest-file)/u;

watch(net.Socket.prototype, 'write', (chunk) => {
  const command = typeof chunk === 'string' ? /^\{"execute":"([a-z_-]+)"/u.exec(chunk)?.[1] : undefined;
  return command === undefined || QUESTION.test(command) || chunk.includes('"info ') ? null : `ask ${command}`;
});

syncBuiltinESMExports();
