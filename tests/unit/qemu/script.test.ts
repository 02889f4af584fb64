import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { AiVmError } from '../../../src/model/errors.ts';
import type { LaunchSpec } from '../../../src/model/launch.ts';
import { renderGatewayScript, renderStartScript } from '../../../src/qemu/script.ts';
import { AWAIT_QEMU, DONE, FUNCTIONS, GATEWAY, LAUNCH, SERVE_HELPER } from '../../../src/qemu/script-text.ts';
import { MAKE_NAMESPACE, SERVE } from '../../../src/host/namespace-script.ts';
import { SPEC } from './script-fixture.ts';

const DROP: LaunchSpec = {
  ...SPEC,
  runAs: { uid: 60_800, gid: 60_800, groups: [108], drop: true, subUid: 1_879_048_286, subGid: 1_879_048_286 },
};
const PLAIN: LaunchSpec = { ...SPEC, scratch: null, audioWav: null, helpers: [], directories: [], none: null };

/** The parts that hold a machine's data, without the functions that are the same for all. */
const ownText = (spec: LaunchSpec): string =>
  [FUNCTIONS, MAKE_NAMESPACE, SERVE, SERVE_HELPER, LAUNCH, `${AWAIT_QEMU}${DONE}`].reduce(
    (text, part) => text.replace(part, '…\n'),
    renderStartScript(spec),
  );

const golden = (name: string): string => readFileSync(new URL(`script.${name}.golden`, import.meta.url), 'utf8');

function shellcheck(text: string): string {
  const ran = spawnSync('shellcheck', ['-s', 'sh', '-'], { input: text, encoding: 'utf8' });
  if (ran.error) throw ran.error;
  return ran.stdout;
}

const refusal = (spec: LaunchSpec): unknown => {
  try {
    renderStartScript(spec);
    return null;
  } catch (error) {
    return error;
  }
};

describe('start script', () => {
  it.each([
    ['full', SPEC],
    ['drop', DROP],
    ['plain', PLAIN],
  ])('is the golden text: %s', (name, spec) => {
    expect(ownText(spec)).toBe(golden(name));
  });

  it.each([
    ['full', SPEC],
    ['drop', DROP],
    ['plain', PLAIN],
  ])('passes shellcheck: %s', (_name, spec) => {
    expect(shellcheck(renderStartScript(spec))).toBe('');
  });

  it('passes shellcheck with a hostile share path', () => {
    const path = '/srv/a\n`reboot` $(reboot) "x" \'y\' \\ # é\r\u202e';
    const spec = {
      ...SPEC,
      documentation: [['share', path]] as const,
      helpers: SPEC.helpers.map((h) => ({ ...h, share: { ...h.share, path } })),
      directories: SPEC.directories.map((d) => ({ ...d, path })),
    };
    expect(shellcheck(renderStartScript(spec))).toBe('');
  });

  it('says nothing about namespaces when there is no virtiofsd', () => {
    expect(renderStartScript(PLAIN)).not.toContain('unshare');
  });

  it('drops every privilege when root starts it', () => {
    expect(renderStartScript(DROP)).toContain(
      'setpriv --reuid="$uid" --regid="$gid" --groups=108 --inh-caps=-all --bounding-set=-all --no-new-privs',
    );
    expect(renderStartScript(DROP)).not.toContain('XDG_RUNTIME_DIR');
  });

  describe('with a gateway', () => {
    const settings = {
      self: 'dev',
      network: { hostLoopback: false, allowHost: [], egress: { kind: 'open' as const } },
      peers: { "it's": '/run/x/gateway.sock' },
    };
    const gateway = { node: '/usr/bin/node', code: "/opt/it's/gateway.js", settings };

    it('starts it beside QEMU, and waits for it before it says that the machine runs', () => {
      for (const spec of [PLAIN, DROP]) {
        const text = renderStartScript({ ...spec, gateway });
        const places = [
          'chown -h "$uid:$gid" -- "$serial',
          'start_gateway setpriv',
          'qemu_pid=$!',
          "'{}\\n' 1<>",
          '\nawait_gateway\n',
          'done=1',
        ];
        const order = places.slice(spec === DROP ? 0 : 1).map((part) => text.lastIndexOf(part));
        expect(order.every((at, n) => at > (order[n - 1] ?? 0))).toBe(true);
        // All the rest is that of a machine without one.
        const own = text
          .replace(`${GATEWAY}\n`, '')
          .replace(/^gateway_code=[^]*? - "\$run"\n\n/m, '')
          .replace(/^await_gateway\n/m, '');
        expect(own).toBe(renderStartScript(spec));
        expect(shellcheck(text)).toBe('');
      }
    });

    it('can be started by itself, with no more privileges than QEMU has', () => {
      const text = renderGatewayScript({ ...DROP, gateway });
      // It has variables of the start script that it does not need.
      expect(shellcheck(text.replace(/^#!.*\n/, '$&# shellcheck disable=SC2034\n'))).toBe('');
      expect(text).toContain(`gateway_code='/opt/it'\\''s/gateway.js'`);
      const begin = text.indexOf('start_gateway setpriv');
      expect(text.slice(begin, text.indexOf('AI_VM_GATEWAY', begin))).toBe(
        `start_gateway setpriv --reuid="$uid" --regid="$gid" --groups=108 --inh-caps=-all --bounding-set=-all --no-new-privs -- sh -c 'exec 2>>"$0"; exec "$@"' "$qemu_window" \\\n  setsid env -i "PATH=$PATH" '`,
      );
      expect(() => renderGatewayScript(PLAIN)).toThrow('no gateway');
    });
  });

  it('serves shares before QEMU starts, which is to find them, or beside it', () => {
    const [before, beside] = [DROP, { ...DROP, attachedLater: true }].map(renderStartScript);
    const at = (text: string, part: string): number => text.lastIndexOf(part);
    expect(at(before!, '\nserve ')).toBeLessThan(at(before!, 'qemu_pid=$!'));
    expect(at(beside!, '\nserve ')).toBeGreaterThan(at(beside!, 'qemu_pid=$!'));
    expect(at(beside!, '\nserve ')).toBeLessThan(at(beside!, "'{}\\n' 1<>"));
    expect(beside!.split('\n').sort()).toEqual(before!.split('\n').sort());
    expect(shellcheck(beside!)).toBe('');
  });

  it('refuses more directories than a shell has descriptors', () => {
    const directories = [3, 4, 5, 6, 7, 8, 9].map((fd) => ({ path: `/srv/${fd}`, identity: '1:2', fd }));
    const error = refusal({ ...PLAIN, directories });
    expect(error).toBeInstanceOf(AiVmError);
    expect(error).toMatchObject({ code: 'share.refused', vm: 'dev' });
  });

  it('refuses a helper that has no subordinate ids, or a socket elsewhere', () => {
    expect(refusal({ ...SPEC, runAs: { ...SPEC.runAs, subUid: null } })).toMatchObject({ code: 'internal' });
    const helpers = SPEC.helpers.map((h) => ({ ...h, socket: '/tmp/fs0.sock' }));
    expect(refusal({ ...SPEC, helpers })).toMatchObject({ code: 'internal' });
  });

  it('is valid for a plain POSIX shell', () => {
    for (const spec of [SPEC, DROP, PLAIN]) {
      expect(() =>
        execFileSync('sh', ['-n'], { input: renderStartScript(spec), stdio: ['pipe', 'ignore', 'ignore'] }),
      ).not.toThrow();
    }
  });
});
