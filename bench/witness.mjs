/**
 * Loaded into ai-vm with `--import`: says on stderr when the guest's agent and its SSH server have answered for the first time,
 * which no event tells. Nothing is sent for it: another connection to the guest would take of the time that is measured.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';

const said = new Set();

/** @param {string} what */
function say(what) {
  if (said.has(what)) return;
  said.add(what);
  writeSync(2, `${JSON.stringify({ type: 'answered', what })}\n`);
}

const { connect } = Socket.prototype;

Socket.prototype.connect = function watched(...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const isAgent = String(options?.path ?? '').endsWith('/agent.sock');
  // Not by a listener: it would change how the socket is read.
  const { push } = this;
  this.push = function pushed(chunk, ...rest) {
    if (isAgent && chunk?.length > 0) say('agent');
    if (!isAgent && chunk?.subarray?.(0, 4).toString('latin1') === 'SSH-') say('ssh');
    return push.call(this, chunk, ...rest);
  };
  return connect.apply(this, args);
};
