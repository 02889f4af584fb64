import { describe, expect, it } from '@jest/globals';
import { makeStyle } from '../../../src/report/style.ts';
import { renderWelcome } from '../../../src/report/welcome.ts';
import { change } from '../../support/events.ts';

const machine = {
  vm: 'dev',
  state: 'running',
  verdict: 'create',
  sshPort: 2223,
  wishedPort: 2222,
  ports: [{ bind: '127.0.0.1', host: 8080, guest: 80, protocol: 'tcp' }],
  shares: [{ path: '/p', target: '/mnt/host-ro/p', mode: 'ro', driver: 'auto', allowSensitive: false }],
  agents: ['claude', 'opencode'],
  desktop: true,
  pending: [],
} as const;
const style = makeStyle(false, true);

describe('renderWelcome', () => {
  it('says how to get in', () => {
    expect(renderWelcome({ vms: [machine], converged: false }, style)).toBe(
      [
        'dev  running',
        '  ssh      ai-vm ssh dev (port 2222 was taken: SSH is on 2223)',
        '  claude   ai-vm claude dev',
        '  opencode ai-vm opencode dev',
        '  desktop  ai-vm view dev',
        '  port     127.0.0.1:8080 → 80/tcp',
        '  share    /p → /mnt/host-ro/p (read-only)',
        '',
      ].join('\n'),
    );
  });
  it('says that there was nothing to do, but not while something waits', () => {
    const same = { ...machine, verdict: 'none', wishedPort: null };
    expect(renderWelcome({ vms: [same], converged: true }, style)).toMatch(
      /^Nothing to do.*\ndev {2}running, as declared\n/u,
    );
    const waits = { ...same, pending: [change({ class: 'recreate', reason: 'the image differs' })] };
    const text = renderWelcome({ vms: [waits], converged: true }, style);
    expect(text).not.toContain('Nothing to do');
    expect(text).toContain('memory: 4 GiB → 8 GiB, because the image differs: ai-vm up --recreate dev --yes');
  });
});
