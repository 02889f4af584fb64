import { describe, expect, it } from '@jest/globals';
import { parse } from '@iarna/toml';
import { printConfig, printFile } from '../../../src/config/print.ts';
import { load } from './support.ts';

const text = `
vms:
  dev:
    memory: 1536MiB
    shares: [.:ro, {path: ~/x, allow_sensitive: true}]
    ports: ["3001", "8080:80", "0.0.0.0:53:53/udp"]
    ssh: {port: 2300}
    audio: {driver: wav, path: a.wav}
    packages: [git]
    agents: [claude]
    env: {PRICE: "5$$"}
    provision: ["echo $$HOME", "b"]
    healthcheck: {test: "x", start_period: 90s}
    labels: {$k: 1}
  min:
`;

describe('printConfig', () => {
  it('writes the normalized file', () =>
    expect(printConfig(load(text).desired, 'yaml')).toMatchInlineSnapshot(`
      "name: shop
      location: user
      vms:
        dev:
          image: debian
          cpus: 2
          memory: 1536MiB
          storage: 50GiB
          overlay: false
          audio:
            driver: wav
            path: /home/ann/shop/a.wav
          desktop: false
          nested: true
          warm: true
          shares:
            - path: /home/ann/shop
              target: /mnt/host-ro/shop
              mode: ro
              driver: auto
            - path: /home/ann/x
              target: /mnt/host-rw/x
              mode: rw
              driver: auto
              allow_sensitive: true
          ports:
            - "3001"
            - 8080:80
            - 0.0.0.0:53:53/udp
          ssh:
            port: 2300
          network:
            host_loopback: false
            egress: open
          users:
            - dev
          packages:
            - git
          agents:
            claude:
              share_auth: false
          env:
            PRICE: 5$$
          provision:
            - echo $$HOME
            - b
          healthcheck:
            test: x
            interval: 5s
            timeout: 30s
            retries: 3
            start_period: 1m30s
          labels:
            $k: "1"
          restart: no
        min:
          image: debian
          cpus: 2
          memory: 8GiB
          storage: 50GiB
          overlay: false
          audio: false
          desktop: false
          nested: true
          warm: true
          shares: []
          ports: []
          network:
            host_loopback: false
            egress: open
          users:
            - dev
          packages: []
          agents: {}
          env: {}
          provision: []
          labels: {}
          restart: no
      "
    `));

  it('JSON says the same', () => {
    const { desired } = load(text);
    expect(load(printConfig(desired, 'json')).desired).toEqual(load(printConfig(desired, 'yaml')).desired);
    expect(load(printConfig(desired, 'json')).desired).toEqual(desired);
  });

  it.each([
    ['nothing, which TOML has not', { vms: { dev: null } }, { vms: { dev: {} } }],
    ['lists that begin with a mapping', { vms: { dev: { shares: [{ path: 'a"b' }, '.', { path: 'c' }] } } }, undefined],
    ['lists that end with one', { name: 'x', vms: { dev: { shares: ['.', { path: 'c' }], ports: [] } } }, undefined],
  ])('TOML holds %s', (_what, file, read) =>
    expect(JSON.parse(JSON.stringify(parse(printFile(file, 'toml'))))).toEqual(read ?? file),
  );
});
