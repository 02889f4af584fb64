/**
 * The example of a web machine and its database, for real: that one waits for the other and reaches it by name. Its packages
 * would have to be fetched, so that Perl, which is there, plays the web server and the database.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from '@jest/globals';
import { parse } from 'yaml';
import { inGuest, until } from '../support/guest.ts';
import { scenario } from '../support/scenario.ts';

const EXAMPLE = readFileSync(resolve(import.meta.dirname, '../../examples/web-and-db.yaml'), 'utf8');
const WEB = 18_080;

interface Machine {
  readonly env?: Readonly<Record<string, string>>;
  readonly depends_on?: unknown;
  readonly ports?: readonly string[];
}

/** As a service of the guest's, now and at each boot, with the variable that the file gives it. */
const service = (name: string, program: string): string =>
  `sudo tee /usr/local/bin/${name} >/dev/null <<'END'\n#!/usr/bin/perl\nuse IO::Socket::INET;\n${program}\nEND
sudo chmod 755 /usr/local/bin/${name}
sudo tee /etc/systemd/system/${name}.service >/dev/null <<END
[Service]
Environment=DATABASE_URL=$DATABASE_URL
ExecStart=/usr/local/bin/${name}
[Install]
WantedBy=multi-user.target
END
sudo systemctl enable --quiet --now ${name}`;

/** Says a row to whoever asks, and who that is. */
const DATABASE = `
my $server = IO::Socket::INET->new(LocalPort => 5432, Listen => 20, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  my $question = <$client>;
  chomp $question;
  print $client "row of $question for ", $client->peerhost, "\\n";
  close $client;
}`;

/** Asks the database anew for each request. */
const SERVER = `
my ($user, $host, $port, $name) = $ENV{DATABASE_URL} =~ m{^postgres://(\\w+)@([\\w.-]+):(\\d+)/(\\w+)$} or die;
my $server = IO::Socket::INET->new(LocalPort => 80, Listen => 20, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  while (my $line = <$client>) { last if $line =~ /^\\r?\\n$/ }
  my $db = IO::Socket::INET->new(PeerHost => $host, PeerPort => $port, Timeout => 20);
  print $db "$user in $name\\n" if $db;
  my $row = $db ? <$db> : "no database: $@\\n";
  my $status = $db ? '200 OK' : '503 Unavailable';
  print $client "HTTP/1.1 $status\\r\\nConnection: close\\r\\nContent-Length: ", length $row, "\\r\\n\\r\\n$row";
  close $client;
}`;

/** A dollar sign in a file would begin a variable of the host's. */
const inFile = (text: string): string => text.split('$').join('$$');

/** The example with what this host has: smaller machines, no packages, and Perl in the place of programs. */
function variant(): string {
  const file = parse(EXAMPLE) as { name: string; vms: Record<'web' | 'db', Machine> };
  const small = { cpus: 1, memory: '512MiB', storage: '4GiB', packages: [] };
  const { web, db } = file.vms;
  const vms = {
    web: { ...web, ...small, shares: ['./web:ro'], ports: [`${WEB}:80`], provision: [inFile(service('web', SERVER))] },
    db: {
      ...{ ...db, ...small, provision: [inFile(service('db', DATABASE))] },
      healthcheck: { test: 'bash -c "exec 3<>/dev/tcp/localhost/5432"', interval: '1s', start_period: '30s' },
    },
  };
  return JSON.stringify({ ...file, defaults: {}, vms });
}

const page = async (): Promise<string> => {
  const reply = await fetch(`http://127.0.0.1:${WEB}/`);
  return `${reply.status} ${(await reply.text()).trim()}`;
};

scenario(
  'the example of a web machine and its database',
  () => ({ files: { 'ai-vm.yaml': variant(), 'web/index.html': 'hello' }, ports: [WEB] }),
  (obligation) => {
    obligation('says no more than depends_on and a name', () => {
      const { web, db } = (parse(EXAMPLE) as { vms: Record<'web' | 'db', Machine> }).vms;
      expect([web.env, web.depends_on]).toEqual([
        { DATABASE_URL: 'postgres://app@db:5432/app' },
        { db: { condition: 'healthy' } },
      ]);
      expect(db.ports).toBeUndefined();
    });

    obligation('serves what the database has, from the first request on', async (box) => {
      await box.ok(['up']);
      const first = await until('the web machine', async () => await page().catch(() => null), 60_000);
      expect(first).toMatch(/^200 row of app in app for 10\.0\.2\.\d+$/u);
      expect(await inGuest(box, 'getent hosts web | cut -d" " -f1', 'db')).toContain(first.split(' ').at(-1));
    });

    obligation('goes on when the database has come back, and opens it to nobody on the host', async (box) => {
      await box.ok(['stop', 'db']);
      expect(await page()).toContain('503 no database');
      await box.ok(['up']);
      await until('the database', async () => ((await page()).startsWith('200') ? true : null), 60_000);
      await expect(fetch('http://127.0.0.1:5432/')).rejects.toThrow();
    });
  },
);
