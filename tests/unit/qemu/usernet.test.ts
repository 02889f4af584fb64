import { expect, it } from '@jest/globals';
import { openFlows, parseUsernet } from '../../../src/qemu/usernet.ts';

it('reads the forwards of a real QEMU and leaves out its connections', () => {
  const text = [
    'Hub -1 (n0):',
    '  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ',
    '  TCP[SYN_SENT]      13       127.0.0.1  2299       10.0.2.15    22     0     0',
    '  TCP[HOST_FORWARD]  11       127.0.0.1  2299       10.0.2.15    22     0     0',
    '  TCP[HOST_FORWARD]   8               *  2298       10.0.2.15    80     0     0',
    '  UDP[HOST_FORWARD]   9       127.0.0.1  5399       10.0.2.15    53     0     0',
    '  UDP[236 sec]       14       10.0.2.15 54321        10.0.2.3    53     0     0',
    '',
  ].join('\r\n');
  expect(parseUsernet(text)).toEqual([
    { protocol: 'tcp', bind: '127.0.0.1', host: 2299, guest: 22 },
    { protocol: 'tcp', bind: '0.0.0.0', host: 2298, guest: 80 },
    { protocol: 'udp', bind: '127.0.0.1', host: 5399, guest: 53 },
  ]);
});

it('counts connections that are open, in either direction, and neither forwards nor what is over', () => {
  const states = ['SYN_SENT', 'ESTABLISHED', 'CLOSE_WAIT', 'FIN_WAIT_2', 'HOST_FORWARD', 'TIME_WAIT', 'CLOSED'];
  const lines = states.map((state) => `  TCP[${state}]   25       10.0.2.15 45678   93.184.216.34   443     0     0`);
  expect(
    openFlows(
      [...lines, '  UDP[236 sec]       14       10.0.2.15 54321        10.0.2.3    53     0     0'].join('\r\n'),
    ),
  ).toBe(4);
});

it('finds nothing in other texts', () => {
  expect(parseUsernet('')).toEqual([]);
  expect(parseUsernet('TCP[HOST_FORWARD]')).toEqual([]);
});
